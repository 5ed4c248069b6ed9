// Package cdp drives Chromium and its kin over the Chrome DevTools Protocol, as
// package driver asks. It turns the protocol's events into the driver's, and
// keeps of the protocol's state only what its own calls need.
package cdp
