package browser

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// shelf takes what an attempt would attach, until its outcome is known.
type shelf struct {
	executors.Sink
	all []shelved
}

type shelved struct {
	executors.Attachment
	body []byte
}

// Attach implements executors.Sink.
func (s *shelf) Attach(_ context.Context, a executors.Attachment) error {
	body, err := io.ReadAll(a.Body)
	if err == nil {
		err = a.Body.Close()
	}
	s.all = append(s.all, shelved{a, body})
	return err
}

// keptOf is what a measured case may keep. What films a page or traces the browser
// would change what is measured.
func keptOf(task executors.Task) kept {
	k := newKept(task)
	k.Steps, k.Video, k.Trace, k.Playwright = spec.RetainNothing, spec.RetainNothing, spec.RetainNothing, spec.RetainNothing
	return k
}

// shelve puts aside what a run leaves behind, in place of what an earlier one did:
// the page is gone when the runs are judged.
func (m *measurement) shelve(ctx context.Context, r *run, report *executors.Report) {
	s := &shelf{Sink: m.sink}
	names := r.names // which what is never attached must not take
	r.sink, r.names = s, map[string]int{}
	defer func() { r.sink, r.names = m.sink, names }()
	r.store(ctx, spec.OutcomeFailed)
	if r.kept.Screenshot.Kept(r.attempt, spec.OutcomePassed) && r.page.gone.Err() == nil {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), evidenceLimit)
		defer cancel()
		if png, err := r.page.Capture(limited, driver.Picture{}); err == nil {
			r.give(ctx, picture("page.png", report.Index, nil), png)
		}
	}
	m.left = s.all
}

// store attaches of what was put aside what the outcome asks for.
func (m *measurement) store(ctx context.Context, outcome spec.Outcome) {
	k := keptOf(m.task)
	m.tellUnkept()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateLimit)
	defer cancel()
	r := &run{task: m.task, sink: m.sink, names: m.names}
	for _, a := range m.left {
		when := map[executors.AttachmentKind]spec.Retention{
			executors.AttachmentConsole: k.Console, executors.AttachmentDOM: k.DOM, executors.AttachmentHAR: k.HAR, executors.AttachmentScreenshot: k.Screenshot,
		}[a.Kind]
		// Of a failure there is a picture already.
		if !when.Kept(k.attempt, outcome) || a.Kind == executors.AttachmentScreenshot && outcome != spec.OutcomePassed {
			continue
		}
		a.Body = io.NopCloser(bytes.NewReader(a.body))
		report := &executors.Report{}
		r.attach(ctx, report, a.Attachment)
		if why, ok := report.Detail["notStored"].(string); ok {
			m.sink.Emit(executors.Log{Level: "warn", Message: why, At: time.Now()})
		}
	}
	m.left = nil
}

// tellUnkept says what the plan asks for in vain. What is kept by default is not
// asked for.
func (m *measurement) tellUnkept() {
	asked := newKept(m.task)
	if asked.full(asked.Steps) && asked.Steps != spec.RetainOnFailure || asked.full(asked.Video) && asked.Video != spec.RetainOnFailure || asked.wants(asked.Trace) ||
		asked.full(asked.Playwright) && asked.Playwright != spec.RetainOnFailure {
		m.sink.Emit(executors.Log{Level: "info", Message: "a case that measures a page keeps no video, pictures of steps or trace, which would change what it measures", At: time.Now()})
	}
}
