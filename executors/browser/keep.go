package browser

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// keepLimit bounds how long a case waits for its artifacts, and lateLimit how
	// long one whose time is up: the contract gives two seconds in all, and a busy
	// machine needs some of them for itself.
	keepLimit = 15 * time.Second
	lateLimit = 600 * time.Millisecond

	maxSteps    = 60      // pictures of steps that are kept; the last ones, since a failure is the end
	maxPictures = 6 << 20 // bytes of them
	maxDOM      = 8 << 20
	maxVideo    = 48 << 20
	maxTrace    = 48 << 20

	videoWidth, videoHeight = 1280, 720
)

//go:embed dom.js
var domScript string

// kept is what an attempt has gathered for its artifacts.
type kept struct {
	spec.Artifacts
	attempt   int
	moments   []moment
	recording bool
	tracing   bool
	lacks     []string // what could not be had, and why

	exchanges []exchange // with their bodies; nil before they are asked for
	dropped   int        // exchanges that are not among them
}

// moment is when a step was performed.
type moment struct {
	index        int
	began, ended time.Time
}

func newKept(task executors.Task) kept {
	return kept{Artifacts: spec.ArtifactsOf(task.Use, task.Case), attempt: task.Attempt}
}

// wants reports whether the attempt may have to keep something.
func (k *kept) wants(what spec.Retention) bool { return what.Wanted(k.attempt) }

// full reports whether the attempt pays for something from its beginning: it is
// wanted in any case, or an attempt has failed before.
func (k *kept) full(what spec.Retention) bool {
	return k.wants(what) && (what != spec.RetainOnFailure || k.attempt > 1)
}

// gather begins with what must be there before the first step.
func (r *run) gather(ctx context.Context) {
	if r.wants(r.kept.Steps) || r.wants(r.kept.Playwright) {
		r.film = newFilm(r.full(r.kept.Steps) || r.full(r.kept.Playwright))
	}
	if r.wants(r.kept.Playwright) {
		r.album = newAlbum(r.full(r.kept.Playwright))
	}
	if r.full(r.kept.Video) {
		power, ok := driver.Power[driver.Recording](r.first.Page)
		if !ok {
			r.lack("the video", fmt.Errorf("%s cannot %s", r.first.inst.engine, driver.RecordVideo))
		} else if err := power.StartRecording(ctx, videoWidth, videoHeight); err != nil {
			r.lack("the video", err)
		} else {
			r.recording = true
		}
	}
	if r.wants(r.kept.Trace) {
		power, ok := driver.Power[driver.Tracing](r.first.Page)
		if !ok {
			r.lack("the trace", fmt.Errorf("%s cannot %s", r.first.inst.engine, driver.TraceItself))
		} else if err := power.StartTrace(ctx); err != nil {
			r.lack("the trace", err)
		} else {
			r.tracing = true
		}
	}
}

func (r *run) lack(what string, err error) {
	r.lacks = append(r.lacks, fmt.Sprintf("%s could not be kept: %s", what, oneLine(err.Error())))
}

// store attaches what the outcome asks for. What it does not ask for was never
// more than memory.
func (r *run) store(ctx context.Context, outcome spec.Outcome) {
	limit := keepLimit
	if ctx.Err() != nil {
		limit = lateLimit
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	keeps := func(what spec.Retention) bool { return what.Kept(r.attempt, outcome) }
	if keeps(r.kept.Console) {
		r.storeConsole(ctx)
	}
	if keeps(r.kept.Steps) || keeps(r.kept.Playwright) {
		r.film.last(ctx)
	}
	if keeps(r.kept.Steps) {
		r.storeSteps(ctx)
	}
	if keeps(r.kept.Screenshot) && outcome == spec.OutcomePassed {
		r.storeScreenshot(ctx)
	}
	if keeps(r.kept.DOM) {
		r.storeDOM(ctx)
	}
	if keeps(r.kept.HAR) {
		r.storeHAR(ctx)
	}
	if r.tracing {
		r.storeTrace(ctx, keeps(r.kept.Trace))
	}
	if r.recording && keeps(r.kept.Video) {
		r.storeVideo(ctx)
	}
	if keeps(r.kept.Playwright) {
		r.storePlaywright(ctx)
	}
	if keeps(spec.RetainOnFailure) || outcome == spec.OutcomePassed {
		for _, why := range r.lacks {
			r.sink.Emit(executors.Log{Level: "warn", Message: why, At: time.Now()})
		}
	}
}

// give attaches something of the whole attempt.
func (r *run) give(ctx context.Context, a executors.Attachment, body []byte) {
	a.Body = io.NopCloser(bytes.NewReader(body))
	report := &executors.Report{}
	r.attach(ctx, report, a)
	if why, ok := report.Detail["notStored"].(string); ok {
		r.lacks = append(r.lacks, why)
	}
}

// consoleEntry is a line of console.jsonl.
type consoleEntry struct {
	Time  string `json:"time"`
	Level string `json:"level"` // debug, info, warning, error
	Text  string `json:"text"`
	Where string `json:"where,omitempty"` // address:line:column
	Error bool   `json:"uncaught,omitempty"`
	Tab   string `json:"tab,omitempty"` // its address, where it is not the first one
}

func (r *run) storeConsole(ctx context.Context) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, pg := range r.pages() {
		tab := ""
		if pg != r.first {
			tab = look(pg, func(s *state) string { return s.url })
		}
		log := look(pg, func(s *state) console {
			return console{lines: append([]consoleLine(nil), s.console.lines...), dropped: s.console.dropped}
		})
		for _, l := range log.lines {
			// Masked before it is written as JSON, which would break a secret up.
			_ = enc.Encode(consoleEntry{l.at.UTC().Format(time.RFC3339Nano), l.level, r.task.Scope.Mask(l.text), r.task.Scope.Mask(l.where), l.exception != 0, r.task.Scope.Mask(tab)}) // into memory
		}
		if log.dropped > 0 {
			_ = enc.Encode(consoleEntry{Time: time.Now().UTC().Format(time.RFC3339Nano), Level: "warning", Text: fmt.Sprintf("%d more lines were not kept", log.dropped)})
		}
	}
	if out.Len() > 0 {
		r.give(ctx, executors.Attachment{Name: "console.jsonl", Kind: executors.AttachmentConsole, ContentType: "application/x-ndjson", Step: -1}, out.Bytes())
	}
}

func (r *run) storeScreenshot(ctx context.Context) {
	if len(r.moments) == 0 || r.page.gone.Err() != nil {
		return
	}
	png, err := r.page.Capture(ctx, driver.Picture{})
	if err != nil {
		r.lack("the picture of the page", err)
		return
	}
	r.give(ctx, picture("page.png", r.moments[len(r.moments)-1].index, nil), png)
}

func (r *run) storeDOM(ctx context.Context) {
	if r.page.gone.Err() != nil || look(r.page, func(s *state) string { return s.url }) == "" {
		return
	}
	raw, err := r.page.Evaluate(ctx, driver.WorldAgent, domScript, maxDOM)
	var html string
	if err == nil {
		err = json.Unmarshal(raw, &html)
	}
	if err != nil {
		r.lack("the document", err)
		return
	}
	if html != "" {
		r.give(ctx, executors.Attachment{Name: "page.html", Kind: executors.AttachmentDOM, ContentType: "text/html; charset=utf-8", Step: -1}, []byte(html))
	}
}

func (r *run) storeVideo(ctx context.Context) {
	power, ok := driver.Power[driver.Recording](r.first.Page)
	if !ok || r.first.gone.Err() != nil {
		return
	}
	video, err := power.StopRecording(ctx, maxVideo)
	if err != nil {
		r.lack("the video", err)
		return
	}
	r.give(ctx, executors.Attachment{Name: "video.mp4", Kind: executors.AttachmentVideo, ContentType: "video/mp4", Step: -1}, video)
}

// storeTrace ends the trace, which the browser would go on with otherwise.
func (r *run) storeTrace(ctx context.Context, keep bool) {
	power, ok := driver.Power[driver.Tracing](r.first.Page)
	if !ok {
		return
	}
	limit := 0
	if keep {
		limit = maxTrace
	}
	trace, err := power.StopTrace(ctx, limit)
	switch {
	case !keep:
	case err != nil:
		r.lack("the trace", err)
	default:
		r.give(ctx, executors.Attachment{Name: "trace.json.gz", Kind: executors.AttachmentTrace, ContentType: "application/gzip", Step: -1}, trace)
	}
}
