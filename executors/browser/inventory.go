package browser

import (
	"slices"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
)

// Browser is one of the browsers that a plan can name.
type Browser struct {
	Name    string // the plan's word
	Path    string // of the program; empty where it is not installed
	Missing string // why there is none, and what to do about it
	can     driver.Set
}

// Can reports whether it has a capability, by its words.
func (b Browser) Can(capability string) bool {
	return slices.ContainsFunc(driver.Capabilities(), func(c driver.Capability) bool {
		return c.String() == capability && b.can.Has(c)
	})
}

// Browsers lists the browsers that a plan can name, the default first, and
// whether this machine has them. Nothing is started.
func Browsers(o Options) []Browser {
	var out []Browser
	for _, e := range engines() {
		b := Browser{Name: e.Name(), can: e.Capabilities()}
		path, err := e.Find(o.pathOf(e.Name()))
		if err != nil {
			b.Missing = apperr.Message(err)
		}
		b.Path = path
		out = append(out, b)
	}
	return out
}

// Capabilities lists, in words, what only some browsers can do and some browser
// of ours does: each completes "firefox cannot …".
func Capabilities() []string {
	var out []string
	for _, c := range driver.Capabilities() {
		if slices.ContainsFunc(engines(), func(e driver.Engine) bool { return e.Capabilities().Has(c) }) {
			out = append(out, c.String())
		}
	}
	return out
}

func (o Options) pathOf(name string) string {
	return map[string]string{"chromium": o.Path, "firefox": o.Firefox, "webkit": o.WebKit}[name]
}
