// Package transport carries GraphQL operations over WebSocket, in the protocol
// graphql-transport-ws, and over server-sent events, in distinct connection
// mode.
//
// It executes a subscription once for all who ask the same within the same
// permissions: a group holds one execution, its newest payloads encoded in a
// ring, and its members, each a cursor into the ring. A few writers, each the
// sole one to walk its share of the members, put the bytes into the sockets
// without waiting; a connection whose socket is full drains by itself.
//
// It knows gqlgen and nothing of what is subscribed to: the graph names the
// fields that may be shared, says who a token belongs to, and numbers payloads.
package transport
