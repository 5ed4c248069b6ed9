// Package hostiletest has pages that make it hard to do the right thing, and
// tells whether it was done: by what the page's own server was told, and not by
// what the executor says of itself. Tests and the benchmark share it.
package hostiletest
