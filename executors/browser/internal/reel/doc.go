// Package reel keeps the pictures of what was shown, within bounds. It knows no
// browser.
package reel
