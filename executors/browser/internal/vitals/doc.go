// Package vitals makes figures of what a page's runs have shown: how fast it
// looked complete (from pictures), how long it was blocked (from long tasks), and
// what several runs say together, with how sure that is. It knows no browser.
package vitals
