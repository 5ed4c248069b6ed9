package browser

import (
	"fmt"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// needs lists what an engine must be able to do for a step. What every engine
// can do is not in it.
func needs(s spec.BrowserStep) []driver.Capability {
	var out []driver.Capability
	if s.Expect != nil && s.Expect.Console != "" {
		out = append(out, driver.ReadConsole)
	}
	return out
}

// lacking says why a step cannot be done by an engine, or nothing when it can.
func lacking(e driver.Engine, s spec.BrowserStep) string {
	if c, lacks := e.Capabilities().Lacking(needs(s)...); lacks {
		return fmt.Sprintf("%s cannot %s", e.Name(), c)
	}
	return ""
}
