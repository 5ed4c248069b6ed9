// Package frontend holds the web pages and serves them from the program. They
// are built by npm into dist; without that build a page says how to make it.
package frontend
