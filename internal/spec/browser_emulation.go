package spec

import (
	"regexp"
	"slices"
	"strconv"
)

// Emulation is what a browser pretends to be.
type Emulation struct {
	Device        string   `yaml:"device" doc:"A device by its name, or a size such as 390x844; it sets the size of the page, its pixel ratio, touch and the user agent." min:"1" max:"100" example:"iPhone 15"`
	ColorScheme   string   `yaml:"colorScheme" doc:"What the page is told about light and dark." enum:"light,dark,no-preference" example:"dark"`
	ReducedMotion string   `yaml:"reducedMotion" doc:"What the page is told about motion." enum:"reduce,no-preference" example:"reduce"`
	ForcedColors  string   `yaml:"forcedColors" doc:"Whether the system's few colours are forced on the page." enum:"active,none" example:"active"`
	Locale        string   `yaml:"locale" doc:"Language of the browser: what it asks for, what scripts see, how numbers and dates are written." min:"2" max:"35" example:"da-DK"`
	TimeZone      string   `yaml:"timezone" doc:"Time zone of the browser, by its name." min:"1" max:"100" example:"Europe/Copenhagen"`
	UserAgent     string   `yaml:"userAgent" doc:"What the browser says that it is." min:"1" max:"1000" pattern:"line" example:"Mozilla/5.0 (test)"`
	Touch         *bool    `yaml:"touch" doc:"Whether there is a touch screen." example:"true"`
	Offline       *bool    `yaml:"offline" doc:"Whether the network is away." example:"true"`
	Network       *Network `yaml:"network" doc:"How slow the network is. A text is the name of a preset." example:"Slow 3G"`
	CPU           *float64 `yaml:"cpu" doc:"How many times slower the processor is; slow is 4 times, as on a common phone." word:"slow=4" min:"1" max:"50" example:"4"`
}

// Network is how slow a network is.
type Network struct {
	Preset   string   `yaml:"preset" doc:"Slow 3G (2 s, 400 kbit/s), 3G (300 ms, 1.6 Mbit/s), Fast 3G (562.5 ms, 1.44 Mbit/s), 4G (165 ms, 8.1 Mbit/s), or none." short:"true" enum:"Slow 3G,3G,Fast 3G,4G,none" example:"4G"`
	Latency  Duration `yaml:"latency" doc:"Least time from a request to the first byte of its answer." max:"1m" example:"400ms"`
	Download int      `yaml:"download" doc:"kbit/s to the browser; 0 is without a limit." min:"0" max:"10000000" example:"1600"`
	Upload   int      `yaml:"upload" doc:"kbit/s from the browser; 0 is without a limit." min:"0" max:"10000000" example:"750"`
}

// BrowserSetup is how the browser of a case is when it begins.
type BrowserSetup struct {
	Emulation    `yaml:",inline"`
	Geolocation  *Geolocation `yaml:"geolocation" doc:"Where the device is; a page needs the permission, too." example:"{latitude: 55.68, longitude: 12.57}"`
	Permissions  []string     `yaml:"permissions" doc:"What pages may do without asking." max:"20" each:"1-50" example:"[geolocation]"`
	StorageState string       `yaml:"storageState" doc:"file:// reference to cookies and local storage that another case has saved." pattern:"file" example:"file://signed-in.json"`
}

// Device is what is known of a device.
type Device struct {
	Name          string
	Width, Height int     // of the page, in CSS pixels
	Scale         float64 // device pixels of one of them
	Mobile        bool    // it has a touch screen, and pages may say how wide they are
	UserAgent     string  // empty: the browser's own
}

const (
	safariPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	safariTablet = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	chromePhone  = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"
	chromeTablet = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
)

var devices = []Device{
	{"iPhone SE", 375, 667, 2, true, safariPhone},
	{"iPhone 13", 390, 664, 3, true, safariPhone},
	{"iPhone 15", 393, 659, 3, true, safariPhone},
	{"iPhone 15 Pro Max", 430, 739, 3, true, safariPhone},
	{"iPad Mini", 768, 1024, 2, true, safariTablet},
	{"iPad Pro 11", 834, 1194, 2, true, safariTablet},
	{"Pixel 7", 412, 839, 2.625, true, chromePhone},
	{"Pixel 8", 412, 839, 2.625, true, chromePhone},
	{"Galaxy S24", 360, 780, 3, true, chromePhone},
	{"Galaxy Tab S9", 640, 1024, 2.5, true, chromeTablet},
	{"Laptop", 1280, 720, 1, false, ""},
	{"Laptop HiDPI", 1280, 720, 2, false, ""},
	{"Desktop", 1920, 1080, 1, false, ""},
	{"mobile", 412, 823, 1.75, true, chromePhone}, // the screens by which pages are usually scored
	{"desktop", 1350, 940, 1, false, ""},
}

var sizeForm = regexp.MustCompile(`^([1-9][0-9]{0,4})x([1-9][0-9]{0,4})$`)

// DeviceByName returns a device, or one without properties for a size such as
// 390x844.
func DeviceByName(name string) (Device, bool) {
	if m := sizeForm.FindStringSubmatch(name); m != nil {
		width, _ := strconv.Atoi(m[1]) // the form leaves five digits at most
		height, _ := strconv.Atoi(m[2])
		return Device{Name: name, Width: width, Height: height, Scale: 1}, width <= 10_000 && height <= 10_000
	}
	i := slices.IndexFunc(devices, func(d Device) bool { return d.Name == name })
	if i < 0 {
		return Device{}, false
	}
	return devices[i], true
}

// Devices lists the names that DeviceByName knows.
func Devices() []string {
	out := make([]string, len(devices))
	for i, d := range devices {
		out[i] = d.Name
	}
	return out
}

// Over returns the emulation, and what a base sets where it sets nothing itself.
func (e Emulation) Over(base Emulation) Emulation {
	for _, text := range []struct{ to, from *string }{
		{&e.Device, &base.Device}, {&e.ColorScheme, &base.ColorScheme}, {&e.ReducedMotion, &base.ReducedMotion}, {&e.ForcedColors, &base.ForcedColors},
		{&e.Locale, &base.Locale}, {&e.TimeZone, &base.TimeZone}, {&e.UserAgent, &base.UserAgent},
	} {
		if *text.to == "" {
			*text.to = *text.from
		}
	}
	e.Touch, e.Offline = orOther(e.Touch, base.Touch), orOther(e.Offline, base.Offline)
	e.Network, e.CPU = orOther(e.Network, base.Network), orOther(e.CPU, base.CPU)
	return e
}

// Over returns the setup, and what a base sets where it sets nothing itself.
func (s BrowserSetup) Over(base BrowserSetup) BrowserSetup {
	s.Emulation = s.Emulation.Over(base.Emulation)
	s.Geolocation = orOther(s.Geolocation, base.Geolocation)
	if s.Permissions == nil {
		s.Permissions = base.Permissions
	}
	if s.StorageState == "" {
		s.StorageState = base.StorageState
	}
	return s
}

func orOther[T any](v, other *T) *T {
	if v != nil {
		return v
	}
	return other
}
