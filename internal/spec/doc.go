// Package spec is the plan language: what a person may write in a plan file,
// what each word means, and where a mistake stands.
//
// It is pure: it reads text and returns values, positions and mistakes. It
// knows nothing of databases, networks, browsers or the graph, and imports no
// other room of this project.
package spec
