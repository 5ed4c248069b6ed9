// Package devtools speaks the Chrome DevTools Protocol over the browser's
// pipe: commands with their answers, and events by session.
//
// The commands and their types are those of cdproto. What is said to the
// browser itself goes through chromedp, to which a connection is a Transport.
// The sessions of the pages are our own, on the same pipe, because they must
// bear any page: the connection never waits for a session to take its events,
// so a page that floods one with messages cannot hold up the others, and no
// message can grow beyond a limit. docs/adr/0013 has what was measured.
package devtools
