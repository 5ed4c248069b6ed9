// Package excerpt makes texts from outside short, and fit to be shown and
// stored: what a target answers, what a client calls itself, what an error
// quotes.
package excerpt
