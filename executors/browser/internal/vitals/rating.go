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

// Bands are where good and where needs improvement end.
type Bands struct{ Good, Fair float64 }

var (
	everywhere = map[string]Bands{
		"LCP": {2500, 4000}, "CLS": {0.1, 0.25}, "INP": {200, 500}, "FCP": {1800, 3000}, "TTFB": {800, 1800},
	}
	// Only laboratories know these two, and they judge them by the device.
	onMobile  = map[string]Bands{"TBT": {200, 600}, "SI": {3387, 5800}}
	onDesktop = map[string]Bands{"TBT": {150, 350}, "SI": {1311, 2300}}
)

// BandsOf returns the bands of a metric, and false where it has none.
func BandsOf(metric string, mobile bool) (Bands, bool) {
	if b, ok := everywhere[metric]; ok {
		return b, true
	}
	byDevice := onDesktop
	if mobile {
		byDevice = onMobile
	}
	b, ok := byDevice[metric]
	return b, ok
}

// Rate rates a value of a metric.
func Rate(metric string, mobile bool, value float64) Rating {
	b, known := BandsOf(metric, mobile)
	switch {
	case !known:
		return None
	case value <= b.Good:
		return Good
	case value <= b.Fair:
		return Fair
	}
	return Poor
}
