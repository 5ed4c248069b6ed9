// Package graph is the GraphQL API: hand-written schema by domain, thin
// resolvers, one presenter of errors.
//
// It knows services and loaders. It holds no query, and knows nothing of jobs,
// executors, Redis or the database.
package graph
