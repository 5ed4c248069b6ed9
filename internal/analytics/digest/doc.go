// Package digest writes what a project's runs say about quality over some time: as
// a page, as Markdown and as JSON. It is pure, and adds no judgement: each number
// of a text is one of the facts.
package digest
