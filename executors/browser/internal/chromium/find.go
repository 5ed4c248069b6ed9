package chromium

import (
	"os/exec"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/apperr"
)

// candidates are tried in this order. The shell comes first because it starts
// in half the time and opens a page in a quarter of it, and the binary itself
// before its wrapper script, because the end of a wrapped browser is noticed a
// second late.
var candidates = []string{
	"/usr/lib/chromium/chromium-headless-shell",
	"chromium-headless-shell",
	"chrome-headless-shell",
	"headless-shell",
	"/usr/lib/chromium/chromium",
	"chromium",
	"chromium-browser",
	"google-chrome",
	"google-chrome-stable",
	"chrome",
	"microsoft-edge",
}

// FindWithWindows is Find for a browser that people see.
func FindWithWindows(explicit string) (string, error) {
	if explicit != "" {
		return Find(explicit)
	}
	for _, name := range slices.DeleteFunc(slices.Clone(candidates), func(name string) bool { return strings.Contains(name, "headless") }) {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", apperr.New(apperr.Unavailable,
		"no browser with windows is installed here: run `apt-get install chromium`, name one in SEMANTEST_BROWSER, or record without windows (--headless)")
}

const install = "apt-get install chromium-headless-shell"

// Find returns the path of the browser to run: the explicit one where it is
// given, else the first that this machine has.
func Find(explicit string) (string, error) {
	if explicit != "" {
		path, err := exec.LookPath(explicit)
		if err != nil {
			return "", apperr.Wrap(err, apperr.Unavailable,
				"the browser %q cannot be run: correct SEMANTEST_BROWSER or leave it out", explicit)
		}
		return path, nil
	}
	for _, name := range candidates {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", apperr.New(apperr.Unavailable, "no browser is installed here: run `%s`, or name one in SEMANTEST_BROWSER", install)
}
