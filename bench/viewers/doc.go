//go:build linux

// Package viewers is a crowd of WebSocket clients that costs little, so that a
// measurement is about the server: raw sockets, one thread that waits for all of
// them, and no more parsing than what it takes to know that every viewer got
// every event once, in order, under its own id.
//
// It knows two protocols, graphql-transport-ws and Centrifuge's JSON, and
// nothing of who serves them.
package viewers
