// Package shop is a small web shop to test against: pages, a REST API with an
// OpenAPI document, GraphQL, a WebSocket feed, a support chat, and faults that
// can be switched on to see a plan fail for a known reason.
//
// Everything lives in memory and is bounded: the oldest sessions, orders and
// reviews make room for new ones. The shop is an application under test: it
// imports no other room of the project and no other room but the command line
// imports it.
package shop
