// Package exporting writes cases of a plan for other programs: Playwright, k6 and
// Go's own tests. It is the way out of Semantest, as importing is the way in.
//
// What cannot be carried over is named, in a comment where it stood and in the
// answer; a case that would do something else without it is left out. The
// package knows the plan language and nothing else.
package exporting
