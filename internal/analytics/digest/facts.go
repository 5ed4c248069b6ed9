package digest

import (
	"time"

	"github.com/semantest/semantest/internal/assessments/quality"
)

// Facts are what is known of a project's runs that ended within a time. Lists have
// the worst first, and are short.
type Facts struct {
	Project  string    `json:"project"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Runs     int       `json:"runs"`
	Passed   int       `json:"passed"` // runs
	Results  int       `json:"results"`
	PassRate float64   `json:"passRate"` // of the results that say something, 0–1
	Score    *float64  `json:"score"`    // mean of the assessments; nil without one

	Days          []Day             `json:"days"`
	Plans         []Plan            `json:"plans"`
	Broken        []Case            `json:"newlyBroken"`
	Flaky         []Case            `json:"flaky"`
	Slowest       []Case            `json:"slowest"`
	Clusters      []quality.Failure `json:"clusters"`
	Anomalies     []Anomaly         `json:"anomalies"`
	Accessibility []Scored          `json:"accessibility"`
	Vitals        []Vital           `json:"vitals"`
}

// Day is what ended on one, by UTC.
type Day struct {
	Date     string   `json:"date"`
	Runs     int      `json:"runs"`
	PassRate float64  `json:"passRate"`
	Score    *float64 `json:"score"`
}

// Plan is what there is of one.
type Plan struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Runs     int      `json:"runs"`
	PassRate float64  `json:"passRate"`
	LastRun  string   `json:"lastRun"`
	Status   string   `json:"status"` // of its newest run
	Score    *float64 `json:"score"`  // of its newest assessment
}

// Case is a case of a plan with what makes it stand in its list.
type Case struct {
	Plan   string  `json:"plan"`
	Key    string  `json:"caseKey"`
	RunID  string  `json:"runId,omitempty"`
	Error  string  `json:"error,omitempty"`
	Runs   int     `json:"runs"`            // that performed it
	Flaky  int     `json:"flaky,omitempty"` // of them
	MeanMS float64 `json:"meanMs,omitempty"`
}

// Anomaly is a value that does not fit the runs before, twice in a row.
type Anomaly struct {
	RunID  string  `json:"runId"`
	Key    string  `json:"caseKey"`
	Metric string  `json:"metric"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Scored is the accessibility of a plan's newest assessment.
type Scored struct {
	Plan  string  `json:"plan"`
	RunID string  `json:"runId"`
	Score float64 `json:"score"`
}

// Vital is what the pages of a case measured.
type Vital struct {
	Plan   string  `json:"plan"`
	Key    string  `json:"caseKey"`
	Metric string  `json:"metric"`
	Unit   string  `json:"unit"`
	Median float64 `json:"median"`
	Values int     `json:"values"`
}
