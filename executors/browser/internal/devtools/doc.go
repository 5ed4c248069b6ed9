// Package devtools speaks the Chrome DevTools Protocol over the browser's
// pipe: commands with their answers, and events by session.
//
// The commands and their types are those of cdproto. The connection is our
// own because it must outlive any page: it never waits for a session to take
// its events, so a page that floods one session with messages cannot hold up
// the others, and no message can grow beyond a limit.
package devtools
