// Package spec is the plan language: what a person may write in a plan file,
// what each word means, and where a mistake stands.
//
// The types and their tags (plan.go says what the tags mean) are the one
// source: Parse, the JSON Schema and the reference in docs/plan-format.md are
// made from them. Parse reads and checks a plan; Expand multiplies its cases by
// the matrix; Scope fills in variables and hides secrets; Matcher.Evaluate says
// what an expectation means, so that all executors compare alike.
//
// It is pure: it reads text and returns values, positions and mistakes. It
// knows nothing of databases, networks, browsers or the graph, and imports no
// other room of this project.
package spec
