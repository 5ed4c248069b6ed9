package driver

import (
	"fmt"
	"slices"
)

// Capability is something that only some engines can do.
type Capability int

// The capabilities.
const (
	IsolatedWorld Capability = iota + 1
	StopScript
	NoteDialogs
	AnswerDialogs
	CatchPopups
	ReadConsole
	CatchCrash
	HoldBack
	ManyPages

	ReachFrames
	SwitchTabs
	UploadFiles
	KeepDownloads
	UseClipboard
	GrantPermissions
	SetGeolocation
	SetCookies
	SaveStorage

	WaitForIdle
	RouteRequests
	WatchRequests

	EmulateScale
	EmulateTouch
	EmulateUserAgent
	EmulateColorScheme
	EmulateReducedMotion
	EmulateForcedColors
	EmulateLocale
	EmulateTimeZone
	EmulateOffline
	ThrottleNetwork
	ThrottleCPU
	ControlClock

	MeasurePages
	ShowFrames
	RecordVideo
	TraceItself
)

// words complete "firefox cannot …".
var words = map[Capability]string{
	IsolatedWorld: "keep the agent apart from the page's scripts",
	StopScript:    "stop an endless script",
	NoteDialogs:   "tell which dialogs were shown",
	AnswerDialogs: "answer dialogs",
	CatchPopups:   "tell of the windows that a page opens",
	ReadConsole:   "read the console",
	CatchCrash:    "tell at once that a page has crashed",
	HoldBack:      "keep pages behind the egress proxy",
	ManyPages:     "serve several cases at once with one browser",

	ReachFrames:      "act in frames",
	SwitchTabs:       "act in other tabs",
	UploadFiles:      "upload files",
	KeepDownloads:    "keep downloads",
	UseClipboard:     "use the clipboard",
	GrantPermissions: "grant permissions",
	SetGeolocation:   "set the geolocation",
	SetCookies:       "read and set cookies",
	SaveStorage:      "save and load a storage state",

	WaitForIdle:   "tell when the network is idle",
	RouteRequests: "answer requests of the page itself",
	WatchRequests: "wait for requests and responses",

	EmulateScale:         "emulate a device's pixel ratio",
	EmulateTouch:         "emulate touch",
	EmulateUserAgent:     "emulate a user agent",
	EmulateColorScheme:   "emulate a colour scheme",
	EmulateReducedMotion: "emulate reduced motion",
	EmulateForcedColors:  "emulate forced colours",
	EmulateLocale:        "emulate a locale",
	EmulateTimeZone:      "emulate a time zone",
	EmulateOffline:       "emulate being offline",
	ThrottleNetwork:      "throttle the network",
	ThrottleCPU:          "slow down the processor",
	ControlClock:         "control the clock",

	MeasurePages: "measure how pages load",
	ShowFrames:   "show what it draws as it changes",
	RecordVideo:  "record a video of what it shows",
	TraceItself:  "trace what it spends its time on",
}

// String is what people read: "throttle the network".
func (c Capability) String() string {
	if w, ok := words[c]; ok {
		return w
	}
	return fmt.Sprintf("capability %d", int(c))
}

// Capabilities lists all, in the order of the table.
func Capabilities() []Capability {
	out := make([]Capability, 0, len(words))
	for c := range words {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// Set is a set of capabilities.
type Set map[Capability]bool

// SetOf makes a set.
func SetOf(all ...Capability) Set {
	s := make(Set, len(all))
	for _, c := range all {
		s[c] = true
	}
	return s
}

// Has reports whether the capability is in the set.
func (s Set) Has(c Capability) bool { return s[c] }

// Lacking returns the first of the needed capabilities that the set has not.
func (s Set) Lacking(needed ...Capability) (Capability, bool) {
	for _, c := range needed {
		if !s[c] {
			return c, true
		}
	}
	return 0, false
}
