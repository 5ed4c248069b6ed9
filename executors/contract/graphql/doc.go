// Package graphql makes operations from a GraphQL schema and says whether an
// answer is what was asked for. It sends nothing: executors/contract does.
//
// schema.go lists the fields of the roots; generate.go makes operations that the
// schema allows, violate.go those that it does not; input.go holds values to
// their types, answer.go answers; shrink.go makes an operation smaller, and
// compare.go lists what changed between two schemas.
package graphql
