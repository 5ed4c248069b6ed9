// Package webkit drives WebKitGTK over W3C WebDriver, as package driver asks.
// WebKit's driver serves one session, so each page has a driver and a browser of
// its own; what they share is the display that they draw on.
//
// The protocol tells nothing by itself: what becomes of a page is asked for,
// again and again. It has no isolated worlds either: the agent lives among the
// page's scripts, under a name that nobody guesses.
package webkit
