package thirdparty

import _ "embed" // for the scripts

// Versions of the scripts.
const (
	AxeVersion       = "4.14.1"
	WebVitalsVersion = "6.2.3"
)

// Axe is axe-core: a script that puts axe among the globals of its window.
//
//go:embed axe-core/axe.min.js
var Axe string

// WebVitals is web-vitals with attribution: a script that makes the variable
// webVitals.
//
//go:embed web-vitals/web-vitals.attribution.iife.js
var WebVitals string
