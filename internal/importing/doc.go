// Package importing makes plans from what people already have: an HTTP archive
// of a browser, an OpenAPI document, curl commands, a Postman collection, Playwright
// tests, or what was recorded in a browser.
//
// It reads text and returns text. What it makes is a plan that parses and that
// people go on with: it asks for little, keeps the secrets of the source out, and
// says in notes what it left out. It knows the plan language and nothing else.
package importing
