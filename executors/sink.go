package executors

import (
	"context"
	"io"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// Sink takes what an attempt has to tell. Its methods may be called from
// several goroutines of the attempt, and never after Execute has returned.
//
// Emit does not block on the network and keeps the order of its calls. Attach
// reads the body to its end and closes it, also when it fails; an artifact
// that cannot be stored does not fail the case, so its error may be ignored
// after it was noted in the step.
type Sink interface {
	Emit(Event)
	Attach(ctx context.Context, a Attachment) error
}

// Event is one of StepStarted, StepFinished, Metric, Log and Pulse.
type Event interface{ event() }

// StepStarted says that a step begins.
type StepStarted struct {
	Index  int    // from 0
	Name   string // what people read: "click button Pay"
	Action string // the plan's word: "click"
	At     time.Time

	// Branch numbers, within the attempt and from 1, the steps that are performed
	// at the same time as others and told one branch after the other; 0 for steps
	// that have nobody beside them. A branch may start although a step of another
	// one did not pass.
	Branch int
}

// StepFinished says how a step ended.
type StepFinished struct {
	Index     int
	Name      string
	Action    string
	Outcome   spec.Outcome
	Error     string // one sentence; empty when passed
	StartedAt time.Time
	Duration  time.Duration
	Checks    []Check
	Detail    map[string]any // what the action saw, as JSON: request, response, url; secrets masked
}

// Check is one assertion's judgement.
type Check struct {
	Name     string // "status equals 201", "jsonpath $.state equals PENDING"
	Passed   bool
	Expected string
	Actual   string
	Message  string // one sentence when it did not pass
}

// Metric is one measured value, such as http_req_duration in ms.
type Metric struct {
	Name  string
	Unit  string // ms, By, 1
	Value float64
	Tags  map[string]string
	At    time.Time
}

// Log is a line for people who look into a failure.
type Log struct {
	Level   string // debug, info, warn, error
	Message string
	At      time.Time
}

// Pulse says how the load of the current step is doing in the last second. The
// newest replaces the one before; none is kept.
type Pulse struct {
	Elapsed time.Duration // of the load
	Rate    float64       // requests a second; messages where there are no requests
	P95     float64       // of http_req_duration, in ms
	Failed  float64       // share of the requests, 0 to 1
	Users   int           // virtual users at work
	Dropped int64         // iterations, since the beginning
	At      time.Time
}

func (StepStarted) event()  {}
func (StepFinished) event() {}
func (Metric) event()       {}
func (Log) event()          {}
func (Pulse) event()        {}

// Attachment is something to keep as an artifact of the attempt.
type Attachment struct {
	Name        string         // unique within the attempt: "thanks.png"
	Kind        AttachmentKind // what it is for
	ContentType string
	Step        int // index of the step it belongs to, -1 for the whole attempt
	Body        io.ReadCloser
}

// AttachmentKind says what an attachment is for.
type AttachmentKind string

// The kinds of attachments.
const (
	AttachmentScreenshot AttachmentKind = "screenshot"
	AttachmentConsole    AttachmentKind = "console"
	AttachmentBody       AttachmentKind = "body"
	AttachmentLog        AttachmentKind = "log"
	AttachmentFrame      AttachmentKind = "frame" // a small picture of what was shown before or after a step
	AttachmentVideo      AttachmentKind = "video"
	AttachmentHAR        AttachmentKind = "har"
	AttachmentDOM        AttachmentKind = "dom"
	AttachmentTrace      AttachmentKind = "trace"
	AttachmentPlaywright AttachmentKind = "playwright" // a trace for Playwright's viewer
)
