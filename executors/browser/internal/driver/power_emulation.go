package driver

import (
	"context"
	"time"
)

// Emulation lets a page believe that it is elsewhere. What is zero or nil stays
// as the browser has it.
type Emulation struct {
	ColorScheme   string // light, dark, no-preference
	ReducedMotion string // reduce, no-preference
	ForcedColors  string // active, none
	Locale        string // "da-DK"
	TimeZone      string // "Europe/Copenhagen"
	UserAgent     string
	Touch         *bool
	Network       *Network
	CPU           *float64 // how many times slower; 1 is as fast as it is
}

// Network is how slow a network is. What is zero has no limit.
type Network struct {
	Offline          bool
	Latency          time.Duration
	Download, Upload float64 // bytes a second
}

// Emulator changes what a page, with its frames, believes.
type Emulator interface {
	Emulate(ctx context.Context, e Emulation) error
}

// Touches are what fingers do.
type Touches interface {
	// Tap touches a point of the viewport for a moment.
	Tap(ctx context.Context, at Point) error
}
