package model

// Node is anything with a typed opaque id.
type Node interface{}
