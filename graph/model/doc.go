// Package model holds the graph's own types. All but this file and node.go is
// generated.
package model
