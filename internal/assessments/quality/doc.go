// Package quality writes an assessment for people: as a page, as Markdown, for a
// terminal and as JSON. It adds no judgement: every sentence is a template around
// what the assessment holds, and every number can be checked by hand.
package quality
