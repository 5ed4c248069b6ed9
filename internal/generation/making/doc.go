// Package making goes from a source to judged cases: it reads the source, lets a
// generator make cases of it, and puts them through the filter. It is the same
// with a server and without one, and stores nothing.
package making
