package vitals

// Rating is how good a metric is by the field's own bands.
type Rating string

// The ratings.
const (
	Good Rating = "good"
	Fair Rating = "needs improvement"
	Poor Rating = "poor"
	None Rating = "" // of a metric that has no bands
)

// bands are where good and where needs improvement end.
type bands struct{ good, fair float64 }

var (
	everywhere = map[string]bands{
		"LCP": {2500, 4000}, "CLS": {0.1, 0.25}, "INP": {200, 500}, "FCP": {1800, 3000}, "TTFB": {800, 1800},
	}
	// Only laboratories know these two, and they judge them by the device.
	onMobile  = map[string]bands{"TBT": {200, 600}, "SI": {3400, 5800}}
	onDesktop = map[string]bands{"TBT": {150, 350}, "SI": {1311, 2300}}
)

// Rate rates a value of a metric.
func Rate(metric string, mobile bool, value float64) Rating {
	b, known := everywhere[metric]
	if !known {
		byDevice := onDesktop
		if mobile {
			byDevice = onMobile
		}
		if b, known = byDevice[metric]; !known {
			return None
		}
	}
	switch {
	case value <= b.good:
		return Good
	case value <= b.fair:
		return Fair
	}
	return Poor
}
