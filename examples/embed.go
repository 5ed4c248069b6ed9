package examples

import "embed"

// Plans holds the example plans with the files they refer to, for programs that
// show them.
//
//go:embed *.plan.yaml schemas files
var Plans embed.FS
