package app

import (
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/config"
)

// Browser is one of the browsers that a plan can name.
type Browser = browser.Browser

// Browsers lists the browsers that a plan can name, and whether this machine has
// them.
func Browsers(c config.Server) []Browser {
	return browser.Browsers(browser.Options{Path: c.Browser, Firefox: c.Firefox, WebKit: c.WebKit})
}

// BrowserCapabilities lists, in words, what only some browsers can do.
func BrowserCapabilities() []string { return browser.Capabilities() }

// Recorder records what a person does in a browser.
type Recorder = browser.Recorder
