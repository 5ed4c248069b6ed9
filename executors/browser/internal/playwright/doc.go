// Package playwright writes traces that Playwright's trace viewer opens. It
// knows the format and no browser; ADR 54 says which versions of it.
package playwright
