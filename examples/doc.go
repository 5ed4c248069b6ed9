// Package examples holds plans that run as they are against the shop beside
// them, one that tests the product's own dashboard, and the files that those
// plans name.
//
// It knows nothing of how plans are run.
package examples

import "embed"

// Files are the example plans with their schemas and upload files, under the
// paths by which the plans name them.
//
//go:embed *.yaml schemas files
var Files embed.FS
