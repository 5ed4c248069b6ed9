// Package client speaks to a Semantest server as any other program would:
// GraphQL over POST, subscriptions over graphql-transport-ws, artifacts over
// GET.
package client
