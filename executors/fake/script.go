package fake

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// Script says what an attempt does.
type Script struct {
	// Steps are performed in order until one does not pass.
	Steps []Step
	// FailFirst makes the attempts up to this number fail at their last step,
	// whatever its script says: 1 makes a case flaky when it is tried again.
	FailFirst int
	// Panic, when not empty, makes Execute panic with it after the last step.
	Panic string
}

// Step says what one step does: emit, attach, wait, and then end.
type Step struct {
	Name        string // "fake step 1" when empty
	Action      string // "fake" when empty
	Logs        int    // number of Log events
	Metrics     []executors.Metric
	Checks      []executors.Check
	Detail      map[string]any
	Attachments []Attachment
	Picture     *Attachment   // compared, byte by byte, with the baseline of its name
	Delay       time.Duration // ends early when the context is done
	Block       bool          // wait until the context is done
	Set         map[string]any
	// Outcome is how the step ends: passed when empty. A check that did not
	// pass fails it too.
	Outcome spec.Outcome
	Error   string // the sentence; one is made up when empty
}

// Attachment is something that a step attaches.
type Attachment struct {
	Name        string
	Kind        executors.AttachmentKind // body when empty
	ContentType string                   // text/plain when empty
	Body        []byte
}

// Passing returns a script of n steps that pass, each after the delay.
func Passing(n int, delay time.Duration) Script {
	s := Script{Steps: make([]Step, n)}
	for i := range s.Steps {
		s.Steps[i].Delay = delay
	}
	return s
}

// Ending returns a script of n steps of which the last ends with the outcome.
func Ending(n int, outcome spec.Outcome) Script {
	s := Passing(max(n, 1), 0)
	s.Steps[len(s.Steps)-1].Outcome = outcome
	return s
}

// Blocking returns a script of n steps of which the last never ends by itself.
func Blocking(n int) Script {
	s := Passing(max(n, 1), 0)
	s.Steps[len(s.Steps)-1].Block = true
	return s
}

// FromTags is the script of a New without options. There is one step for each
// step of the case, with its name. Tags of the case change it:
//
//	fake.fail, fake.error, fake.timeout   the last step ends so
//	fake.block                            the last step waits for the context
//	fake.panic                            Execute panics after the steps
//	fake.flaky-2                          the first 2 attempts fail
//	fake.steps-5                          5 steps instead of the case's
//	fake.delay-20ms                       every step takes 20 ms
//	fake.logs-100                         every step emits 100 Log events
//	fake.metrics-10                       every step emits 10 Metric events
//	fake.attach-2048                      every step attaches 2048 bytes
//	fake.picture-NAME-TEXT                the last step compares the text with the baseline NAME
//
// A tag that begins with fake. and is none of these is an error of the case.
func FromTags(task executors.Task) Script {
	steps := caseSteps(task.Case)
	var script Script
	var each Step
	var last func(*Step)
	var picture *Attachment
	for _, tag := range task.Case.Tags {
		word, ok := strings.CutPrefix(tag, "fake.")
		if !ok {
			continue
		}
		word, arg, _ := strings.Cut(word, "-")
		n, err := strconv.Atoi(arg)
		switch word {
		case "fail":
			last, err = ending(spec.OutcomeFailed), nil
		case "error":
			last, err = ending(spec.OutcomeErrored), nil
		case "timeout":
			last, err = ending(spec.OutcomeTimedOut), nil
		case "block":
			last, err = func(s *Step) { s.Block = true }, nil
		case "panic":
			script.Panic, err = "fake.panic", nil
		case "flaky":
			script.FailFirst = n
		case "steps":
			steps = make([]Step, max(n, 0))
		case "delay":
			each.Delay, err = time.ParseDuration(arg)
		case "logs":
			each.Logs = n
		case "metrics":
			for range n {
				each.Metrics = append(each.Metrics, executors.Metric{Name: "fake_value", Unit: "1", Value: 1})
			}
		case "picture":
			name, text, _ := strings.Cut(arg, "-")
			picture, err = &Attachment{Name: name, ContentType: "image/png", Body: []byte(text)}, nil
		case "attach":
			each.Attachments = []Attachment{{Name: "fake.txt", Body: []byte(strings.Repeat("x", max(n, 0)))}}
		default:
			err = fmt.Errorf("unknown word")
		}
		if err != nil {
			return Script{Steps: []Step{{Outcome: spec.OutcomeErrored,
				Error: fmt.Sprintf("the tag %s is not one that the fake executor knows", tag)}}}
		}
	}
	for i := range steps {
		steps[i].Delay, steps[i].Logs, steps[i].Metrics = each.Delay, each.Logs, each.Metrics
		for _, a := range each.Attachments {
			a.Name = fmt.Sprintf("step-%d-%s", i+1, a.Name)
			steps[i].Attachments = append(steps[i].Attachments, a)
		}
	}
	if picture != nil && len(steps) > 0 {
		steps[len(steps)-1].Picture = picture
	}
	if last != nil && len(steps) > 0 {
		last(&steps[len(steps)-1])
	}
	script.Steps = steps
	return script
}

func ending(o spec.Outcome) func(*Step) { return func(s *Step) { s.Outcome = o } }

func caseSteps(c spec.Case) []Step {
	steps := make([]Step, 0, len(c.APISteps)+len(c.BrowserSteps))
	for _, s := range c.APISteps {
		steps = append(steps, Step{Name: s.Name})
	}
	for _, s := range c.BrowserSteps {
		steps = append(steps, Step{Name: s.Name})
	}
	return steps
}
