// Package graphschema reads GraphQL schemas for every executor that needs one:
// from their own language, and from what a server tells by introspection. Both
// are hostile: their size, their depth and their tokens are bounded.
package graphschema
