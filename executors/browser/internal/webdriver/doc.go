// Package webdriver has what the W3C's two protocols for browsers share: how
// input is written down, and how text is put into a field.
package webdriver
