// Package firefox drives Firefox over WebDriver BiDi, as package driver asks:
// one warm browser, a user context of its own for each page, and the agent in a
// sandbox beside the page's scripts.
package firefox
