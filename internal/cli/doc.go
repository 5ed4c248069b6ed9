// Package cli is the command line: one file a verb. It knows how to bring up
// the program (app), the plan language, and the graph through a client; all
// else it learns from there.
package cli
