// Package egress is the one way out to addresses that users give: executors,
// webhooks and whatever else of ours goes out dials through its policy, so that
// nobody reaches what they should not.
//
// The policy judges the address of each connection just before it is made, so
// neither a redirect nor another DNS answer goes round it. Its proxy is the way
// out of programs that dial by themselves, such as a browser.
package egress
