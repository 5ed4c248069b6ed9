// Package png reads and writes the pictures of visual comparisons faster than
// the standard library does: what browsers draw is 8-bit RGB or RGBA without
// interlacing, and what a comparison draws has few colours. Everything else is
// read by the standard library.
//
// Pictures come from outside: what is larger than the limits is refused before
// memory is spent on it.
package png
