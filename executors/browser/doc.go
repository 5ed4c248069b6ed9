// Package browser performs browser cases in a real Chromium over the Chrome
// DevTools Protocol.
//
// The browser is spoken to through chromedp, its pages over sessions of our
// own (internal/devtools says why).
//
// One warm browser serves all cases; each case has a browser context of its
// own, so cases share no cookies, storage or cache. A script in an isolated
// world of the page finds elements, waits until a person could use them, and
// guards the click against what slips in between; the input itself comes from
// the browser, as a person's would.
//
// Pages are hostile: whatever one does (endless scripts, dialogs, popups,
// crashes), its case ends in time and the other cases go on.
package browser
