package rules

// Version of the rules. A change of what the same input scores raises it.
const Version = "1"

// Bands of a score, as Lighthouse names them.
const (
	GoodFrom    = 0.9
	AverageFrom = 0.5
)

// lighthouseBeta is erfc⁻¹(1/5), which puts p10 of a log-normal curve at the score
// 0.9. Source: Lighthouse, scoring of its performance category.
const lighthouseBeta = 0.9061938024368232

// z95 is the quantile of the normal distribution for 95 % on both sides.
const z95 = 1.959963984540054

// curve gives a measured value a score: 0.9 at P10, 0.5 at Median.
type curve struct{ P10, Median float64 }

// vital is a metric of a page with its curves and its weight among the others.
// Source of the curves and the weights: Lighthouse 10 and later; of INP, which it
// does not weigh, the limits "good" and "poor" of Web Vitals.
type vital struct {
	Name            string
	Unit            string
	Mobile, Desktop curve
	Weight          float64
}

var vitals = []vital{
	{"FCP", "ms", curve{1800, 3000}, curve{934, 1600}, 0.10},
	{"LCP", "ms", curve{2500, 4000}, curve{1200, 2400}, 0.25},
	{"TBT", "ms", curve{200, 600}, curve{150, 350}, 0.30},
	{"CLS", "1", curve{0.1, 0.25}, curve{0.1, 0.25}, 0.25},
	{"SI", "ms", curve{3387, 5800}, curve{1311, 2300}, 0.10},
	{"INP", "ms", curve{200, 500}, curve{200, 500}, 0},
}

// latencyMedian is where the curve of an API's p95 has its middle, in objectives.
// Ours: twice as slow as asked for is half as good.
const latencyMedian = 2

// fullRuns is how often a page is measured until more runs add no confidence.
// Ours.
const fullRuns = 5

// Weights of axe-core's rules by impact. Source: Lighthouse, accessibility
// category.
var impactWeights = map[Impact]float64{Critical: 10, Serious: 7, Moderate: 3, Minor: 1}

// Caps and credits. Ours.
const (
	criticalCap = 0.89 // of accessibility, with a violation of critical impact
	mustHaveCap = 0.49 // of functionality, with a failed must-have case
	flakyCredit = 0.5  // of a case that passed only when it was tried again
)

// diffCurve scores the share of pixels that differ from a baseline. Ours.
var diffCurve = curve{0.001, 0.01}

// Parts of the user interface. Ours.
const (
	visualShare = 0.6
	layoutShare = 0.4
)

// DefaultWeights of the criteria.
func DefaultWeights() Weights {
	return Weights{UI: 0.3, Performance: 0.25, Accessibility: 0.2, Functionality: 0.25}
}

// Bounds of what an assessment tells; it says how much it leaves out.
const (
	maxParts           = 100
	maxIssues          = 50
	maxRecommendations = 20
	maxEvidence        = 10
	maxQuote           = 300 // bytes
)
