package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// KindPerformance is the short form of a browser case that measures, in several
// runs, how a page loads and answers. Parse makes a case of kind browser of it,
// so it is none of Kinds.
const KindPerformance Kind = "performance"

// PerformanceCase holds the keys that only cases of kind performance have.
type PerformanceCase struct {
	URL        string              `yaml:"url" kind:"performance" doc:"The page: absolute, or relative to BASE_URL; http or https." required:"true" min:"1" max:"8000" example:"/products/TEA-01"`
	Before     []BrowserStep       `yaml:"before" kind:"performance" doc:"What is done in each run before the page is opened, such as signing in. Nothing of it is measured." min:"1" max:"50" example:"[{cookies: {set: [{name: consent, value: \"yes\"}]}}]"`
	Steps      []BrowserStep       `yaml:"steps" kind:"performance" doc:"What a person does on the page once it has settled; INP is measured by it. It must not lead to another page." min:"1" max:"50" example:"[{click: {role: button, name: Menu}}]"`
	Runs       *int                `yaml:"runs" kind:"performance" doc:"How many times the page is measured, each time in a browser that knows nothing of it." default:"5" min:"1" max:"30" example:"9"`
	Settle     Duration            `yaml:"settle" kind:"performance" doc:"How long no request may be under way and no long task run, until the page counts as settled." default:"1s" min:"100ms" max:"10s" example:"2s"`
	Thresholds map[string][]string `yaml:"thresholds" kind:"performance" doc:"Limits on LCP, FCP, TTFB, INP, TBT and SI in milliseconds, and on CLS. A metric without a sample fails." min:"1" max:"7" each:"1-20" example:"{LCP: [\"median<2500\"], CLS: [\"median<0.1\", \"max<0.25\"]}"`
	Budget     *Budget             `yaml:"budget" kind:"performance" doc:"What the page may load until it has settled." example:"{script: 300KB, total: 1MB, requests: 40}"`
}

// Budget limits what a page loads: bytes as they came over the network, with
// headers and compressed, by the type of what was asked for.
type Budget struct {
	Document   string `yaml:"document" doc:"Documents, with those of frames." pattern:"size" max:"20" example:"50KB"`
	Stylesheet string `yaml:"stylesheet" doc:"Style sheets." pattern:"size" max:"20" example:"60KB"`
	Script     string `yaml:"script" doc:"Scripts." pattern:"size" max:"20" example:"300KB"`
	Image      string `yaml:"image" doc:"Pictures." pattern:"size" max:"20" example:"1MB"`
	Font       string `yaml:"font" doc:"Fonts." pattern:"size" max:"20" example:"100KB"`
	Media      string `yaml:"media" doc:"Sound and film." pattern:"size" max:"20" example:"5MB"`
	Fetch      string `yaml:"fetch" doc:"What scripts ask for." pattern:"size" max:"20" example:"100KB"`
	Other      string `yaml:"other" doc:"All the rest." pattern:"size" max:"20" example:"50KB"`
	Total      string `yaml:"total" doc:"All together." pattern:"size" max:"20" example:"1.5MB"`
	Requests   *int   `yaml:"requests" doc:"How many requests." min:"1" max:"100000" example:"40"`
}

// Allowance is one limit of a budget.
type Allowance struct {
	Of    string // document, stylesheet, script, image, font, media, fetch, other, total, requests
	Limit int64  // bytes; of requests their number
	Text  string // as the plan has it
}

// Allowances lists the limits that are set, in the order of the keys.
func (b *Budget) Allowances() ([]Allowance, error) {
	if b == nil {
		return nil, nil
	}
	var out []Allowance
	for _, part := range []struct{ of, text string }{
		{"document", b.Document}, {"stylesheet", b.Stylesheet}, {"script", b.Script}, {"image", b.Image}, {"font", b.Font},
		{"media", b.Media}, {"fetch", b.Fetch}, {"other", b.Other}, {"total", b.Total},
	} {
		if part.text == "" {
			continue
		}
		n, err := ParseSize(part.text)
		if err != nil {
			return nil, err
		}
		out = append(out, Allowance{Of: part.of, Limit: n, Text: part.text})
	}
	if b.Requests != nil {
		out = append(out, Allowance{Of: "requests", Limit: int64(*b.Requests), Text: strconv.Itoa(*b.Requests)})
	}
	return out, nil
}

// vitals are the metrics of a page by the field's names, and what their limits
// are counted in.
var vitals = map[string]string{"LCP": "ms", "FCP": "ms", "TTFB": "ms", "INP": "ms", "TBT": "ms", "SI": "ms", "CLS": ""}

// Vitals lists the metrics of a page, in the order in which they are told.
func Vitals() []string { return []string{"LCP", "CLS", "INP", "FCP", "TTFB", "TBT", "SI"} }

// VitalUnit is what a metric is counted in: ms, or nothing.
func VitalUnit(name string) string { return vitals[name] }

// ParseVitalLimit reads a threshold on a metric of a page: median<2500.
func ParseVitalLimit(text string) (Limit, error) {
	l, err := ParseLimit(text, MetricTrend)
	if err == nil && l.Baseline != "" {
		err = fmt.Errorf("%s is compared with an earlier run, which the metrics of pages cannot be: give a number", brief(text))
	}
	return l, err
}

var sizeUnits = map[string]float64{"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}

var bytesForm = regexp.MustCompile(`^([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([kKMG]?i?B)$`)

// ParseSize reads a size such as 300KB, 1.5MB or 64KiB, in bytes.
func ParseSize(text string) (int64, error) {
	m := bytesForm.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%s is no size, such as 300KB, 1.5MB or 64KiB", brief(text))
	}
	n, err := strconv.ParseFloat(m[1], 64)
	unit, known := sizeUnits[strings.ToUpper(m[2])]
	if n *= unit; err != nil || !known || n > 1e15 {
		return 0, fmt.Errorf("%s is no size, such as 300KB, 1.5MB or 64KiB", brief(text))
	}
	return int64(math.Round(n)), nil
}

// Measure is one part of a measurement of a page: one of its runs, or what is
// made of all of them. Plans have no word for it; performance cases stand for it.
type Measure struct {
	PerformanceCase
	Run int // from 1; 0: the runs are judged
}

// Times is how many runs there are.
func (p PerformanceCase) Times() int { return intOr(p.Runs, 5) }

// Quiet is how long nothing may happen until the page counts as settled.
func (p PerformanceCase) Quiet() time.Duration { return p.Settle.Or(time.Second) }

// target says what is done: "/ (run 1 of 5)".
func (m Measure) target() (action, target string) {
	if m.Run == 0 {
		return "judge", fmt.Sprintf("%d runs of %s", m.Times(), m.URL)
	}
	return "measure", fmt.Sprintf("%s (run %d of %d)", m.URL, m.Run, m.Times())
}

// Acts lists what is done in a run beside opening the page.
func (m Measure) Acts() []BrowserStep {
	return append(m.Before[:len(m.Before):len(m.Before)], m.PerformanceCase.Steps...)
}

// spelled lists the steps that a performance case stands for.
func (p PerformanceCase) spelled() []BrowserStep {
	steps := make([]BrowserStep, 0, p.Times()+1)
	for run := 1; run <= p.Times(); run++ {
		steps = append(steps, BrowserStep{Measure: &Measure{PerformanceCase: p, Run: run}})
	}
	return append(steps, BrowserStep{Measure: &Measure{PerformanceCase: p}})
}
