package browser

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// needs lists what an engine must be able to do for a step. What every engine
// can do is not in it.
func needs(s spec.BrowserStep) []driver.Capability {
	var out []driver.Capability
	if s.Measure != nil {
		out = append(out, driver.MeasurePages)
		for _, inner := range s.Measure.Acts() {
			out = append(out, needs(inner)...)
		}
	}
	if s.Expect != nil && (s.Expect.Console != "" || s.Expect.PageErrors != "") {
		out = append(out, driver.ReadConsole)
	}
	if s.Wait != nil && s.Wait.Load == "networkidle" {
		out = append(out, driver.WaitForIdle)
	}
	for c, needed := range map[driver.Capability]bool{
		driver.AnswerDialogs: s.Dialog != nil, driver.SwitchTabs: s.Tab != nil, driver.UploadFiles: s.Upload != nil,
		driver.KeepDownloads: s.Download != nil, driver.GrantPermissions: s.Permit != nil, driver.SetGeolocation: s.Locate != nil,
		driver.UseClipboard: s.Clipboard != nil || s.Expect != nil && s.Expect.Clipboard != nil,
		driver.SetCookies:   s.Cookies != nil || s.Expect != nil && s.Expect.Cookie != nil, driver.SaveStorage: s.Storage != nil,
		driver.CatchPopups:   s.Expect != nil && s.Expect.Tabs != nil,
		driver.ControlClock:  s.Clock != nil,
		driver.RouteRequests: s.Route != nil, driver.EmulateTouch: s.Tap != nil,
		driver.WatchRequests: s.AwaitRequest != nil || s.AwaitResponse != nil || s.Expect != nil && (s.Expect.Request != nil || s.Expect.Requests != ""),
	} {
		if needed {
			out = append(out, c)
		}
	}
	if reachesFrames(reflect.ValueOf(s)) {
		out = append(out, driver.ReachFrames)
	}
	if s.Emulate != nil {
		out = append(out, needsOf(*s.Emulate)...)
	}
	slices.Sort(out) // the first one that is lacking is told
	return out
}

// reachesFrames reports whether a locator of the step lies in a frame.
func reachesFrames(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && reachesFrames(v.Elem())
	case reflect.Struct:
		if l, ok := v.Interface().(spec.Locator); ok {
			return l.Frame != nil
		}
		for i := range v.NumField() {
			if reachesFrames(v.Field(i)) {
				return true
			}
		}
	}
	return false
}

// lacking says why a step cannot be done by an engine, or nothing when it can.
func lacking(e driver.Engine, s spec.BrowserStep) string {
	if c, lacks := e.Capabilities().Lacking(needs(s)...); lacks {
		return fmt.Sprintf("%s cannot %s", e.Name(), c)
	}
	return ""
}

// lackingOf says why a case cannot begin on an engine, or nothing when it can.
func lackingOf(e driver.Engine, s spec.BrowserSetup) string {
	needed := needsOf(s.Emulation)
	for c, given := range map[driver.Capability]bool{
		driver.SetGeolocation: s.Geolocation != nil, driver.GrantPermissions: len(s.Permissions) > 0, driver.SaveStorage: s.StorageState != "",
	} {
		if given {
			needed = append(needed, c)
		}
	}
	slices.Sort(needed) // the first one that is lacking is told
	if c, lacks := e.Capabilities().Lacking(needed...); lacks {
		return fmt.Sprintf("%s cannot %s", e.Name(), c)
	}
	return ""
}
