package spec

import (
	"fmt"
	"strconv"
	"strings"
)

func (r Route) target() string {
	what := "answer"
	switch {
	case r.Remove:
		what = "remove"
	case r.Abort != "":
		what = "abort " + r.Abort
	case r.Change != nil:
		what = "change"
	case r.Status != nil:
		what = strconv.Itoa(*r.Status)
	case r.Delay != 0 && r.JSON == nil && r.Body == nil && r.File == "":
		what = "delay " + r.Delay.String()
	}
	return words(r.RequestPattern.String()+":", what)
}

func (r AwaitedResponse) target() string {
	status := ""
	if r.Status != nil {
		status = "status " + r.Status.String()
	}
	return words(r.RequestPattern.String(), status)
}

// String lists what is set.
func (e Emulation) String() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("device", e.Device)
	add("colorScheme", e.ColorScheme)
	add("reducedMotion", e.ReducedMotion)
	add("forcedColors", e.ForcedColors)
	add("locale", e.Locale)
	add("timezone", e.TimeZone)
	add("userAgent", e.UserAgent)
	if e.Touch != nil {
		add("touch", strconv.FormatBool(*e.Touch))
	}
	if e.Offline != nil {
		add("offline", strconv.FormatBool(*e.Offline))
	}
	if n := e.Network; n != nil && n.Preset != "" {
		add("network", n.Preset)
	} else if n != nil {
		add("network", fmt.Sprintf("%s, %d and %d kbit/s", n.Latency, n.Download, n.Upload))
	}
	if e.CPU != nil {
		add("cpu", fmt.Sprintf("%g times slower", *e.CPU))
	}
	return strings.Join(parts, ", ")
}

func (c Clock) target() string {
	var parts []string
	if c.Now != "" {
		parts = append(parts, c.Now)
	}
	if c.Advance != 0 {
		parts = append(parts, "advance by "+c.Advance.String())
	}
	if c.Freeze != nil {
		parts = append(parts, map[bool]string{true: "freeze", false: "go on"}[*c.Freeze])
	}
	return strings.Join(parts, ", ")
}
