package browser

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/playwright"
	"github.com/semantest/semantest/executors/browser/internal/reel"
	"github.com/semantest/semantest/internal/spec"
)

// maxTracedBody bounds, in bytes, a body in a trace for Playwright's viewer: what
// is cut would show a page without its style.
const maxTracedBody = 512 << 10

// storePlaywright attaches the trace for Playwright's viewer.
func (r *run) storePlaywright(ctx context.Context) {
	a := r.album
	if a == nil || len(a.steps) == 0 {
		return
	}
	asking, cancel := context.WithTimeout(ctx, askingLimit(ctx))
	defer cancel()
	if last := &a.steps[len(a.steps)-1]; last.after == nil {
		last.after = r.shown(asking, r.page, len(a.steps)-1, nil)
	}
	view := r.viewport()
	t := playwright.Trace{
		Title: cmp.Or(r.task.Case.Name, r.task.Case.ID), Browser: r.first.inst.engine, Platform: runtime.GOOS,
		Viewport: playwright.Size{Width: view.Width, Height: view.Height}, Scale: cmp.Or(view.Scale, 1), Mobile: view.Mobile, Agent: a.agent,
		Began: a.steps[0].began, Actions: r.actions(), Console: r.messages(), Requests: r.requests(asking), Film: r.frames(),
	}
	if base, ok := r.task.Scope.Get(spec.VarBaseURL); ok {
		t.BaseURL, _ = base.(string)
	}
	for _, pg := range r.pages() {
		a.number(pg)
	}
	for i, pg := range a.pages {
		p := playwright.Page{ID: a.number(pg), Opened: t.Began, Closed: a.closed[pg]}
		if at := slices.IndexFunc(a.steps, func(c chapter) bool { return c.page == pg }); at >= 0 && i > 0 {
			p.Opened = a.steps[at].began
		}
		t.Pages = append(t.Pages, p)
	}
	var out bytes.Buffer
	if err := playwright.Write(&out, t, r.task.Scope.Mask); err != nil {
		r.lack("the trace for Playwright's viewer", err)
		return
	}
	r.give(ctx, executors.Attachment{Name: "trace.zip", Kind: executors.AttachmentPlaywright, ContentType: "application/zip", Step: -1}, out.Bytes())
}

// askingLimit is how long pages may be asked for what the trace has yet to get, so
// that there is time to store it.
func askingLimit(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return time.Until(end) / 2
	}
	return keepLimit / 2
}

// actions are the steps. Where a step has told nothing of the page, a picture of
// that time stands for it.
func (r *run) actions() []playwright.Action {
	a := r.album
	out := make([]playwright.Action, len(a.steps))
	for i, c := range a.steps {
		action := playwright.Action{Title: c.step.Title(), Method: c.step.Action(), Page: a.number(c.page), Params: playwrightParams(c.step), Result: sawOf(c.report.Detail),
			Began: c.began, Ended: c.ended, Point: pointOf(c.report.Detail), Log: logOf(c.report.Checks), Attachments: c.attachments,
			Before: c.before, During: c.during, After: c.after}
		if c.err != nil {
			action.Error = c.err.Error()
		}
		if c.after == nil {
			action.After = r.pictured(c)
		}
		out[i] = action
	}
	return out
}

// pictured is what was filmed at the end of a step; nil where nothing was.
func (r *run) pictured(c chapter) *playwright.Snapshot {
	if r.film == nil {
		return nil
	}
	frame, ok := r.film.shown(c)
	if !ok {
		return nil
	}
	view := r.viewport()
	id := r.album.number(c.page)
	address := "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(frame.JPEG)
	html := []any{"HTML", map[string]any{}, []any{"BODY", map[string]any{"style": "margin:0"}, []any{"IMG", map[string]any{"src": address, "style": "width:100%"}}}}
	own := playwright.FrameID(id, fmt.Sprintf(".film%d", c.report.Index)) // so that it refers to nothing that comes later
	folded, ok := r.album.folder.Fold(own, html)
	if !ok {
		return nil
	}
	return &playwright.Snapshot{Page: id, At: c.ended, Documents: []playwright.Document{{Frame: own,
		Viewport: playwright.Size{Width: view.Width, Height: view.Height}, HTML: folded}}}
}

// shown is what was filmed of a step's page while it was under way, at its end.
func (f *film) shown(c chapter) (reel.Frame, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame, ok := f.reel.Shown(c.ended.Add(drawing))
	return frame, ok && frame.Of == c.page
}

func pointOf(detail map[string]any) *playwright.Point {
	at, ok := detail["point"].(map[string]any)
	if !ok {
		return nil
	}
	x, okX := at["x"].(float64)
	y, okY := at["y"].(float64)
	if !okX || !okY {
		return nil
	}
	return &playwright.Point{X: x, Y: y}
}

// sawOf is what a step saw.
func sawOf(detail map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range detail {
		switch value.(type) {
		case string, bool, int, int64, float64:
			out[key] = value
		}
	}
	return out
}

// logOf are the checks of a step, a line each.
func logOf(checks []executors.Check) []string {
	var out []string
	for _, c := range checks {
		switch {
		case c.Passed:
			out = append(out, "✓ "+c.Name)
		case c.Message != "":
			out = append(out, "✗ "+c.Name+": "+c.Message)
		default:
			out = append(out, "✗ "+c.Name)
		}
	}
	return out
}

// messages are the lines of the console, of all pages.
func (r *run) messages() []playwright.Message {
	var out []playwright.Message
	for _, pg := range r.pages() {
		id := r.album.number(pg)
		for _, l := range look(pg, func(s *state) []consoleLine { return slices.Clone(s.console.lines) }) {
			m := playwright.Message{Page: id, At: l.at, Level: l.level, Text: l.text, Uncaught: l.exception != 0}
			m.URL, m.Line, m.Column = whereOf(l.where)
			out = append(out, m)
		}
	}
	return out
}

// whereOf takes address:line:column apart; those count from 1, and the answer
// from 0.
func whereOf(where string) (address string, line, column int) {
	address = where
	for _, to := range []*int{&column, &line} {
		i := strings.LastIndexByte(address, ':')
		if i < 0 {
			break
		}
		n, err := strconv.Atoi(address[i+1:])
		if err != nil {
			break
		}
		address, *to = address[:i], max(n-1, 0)
	}
	return address, line, column
}

// requests are the exchanges, with what pages are made of besides.
func (r *run) requests(ctx context.Context) []playwright.Request {
	all, _ := r.exchanges(ctx)
	all = slices.Clone(all)
	r.fetchBodies(ctx, all, func(mime string) bool { return strings.HasPrefix(mime, "image/") || strings.Contains(mime, "font") })
	out := make([]playwright.Request, len(all))
	for i := range all {
		x := &all[i]
		none := 0
		entry := r.entry(x, &none)
		if response, ok := entry["response"].(map[string]any); ok {
			response["_transferSize"] = x.bytes
			if x.err != "" {
				response["_failureText"] = x.err
			}
		}
		out[i] = playwright.Request{Page: r.askedBy(x.from), At: x.sent, Entry: entry, Sent: atMost(x.request.Body), SentType: x.request.Headers["content-type"],
			Body: atMost(x.body), BodyType: x.mime()}
	}
	return out
}

// atMost leaves out what is too large: half of a body is none.
func atMost(body []byte) []byte {
	if len(body) > maxTracedBody {
		return nil
	}
	return body
}

// askedBy names the page that has asked for something.
func (r *run) askedBy(from driver.Page) string {
	for _, pg := range r.album.pages {
		if pg.Page == from {
			return r.album.number(pg)
		}
	}
	return r.album.number(r.first)
}

// frames are the pictures of what was shown.
func (r *run) frames() []playwright.Frame {
	out := slices.Clone(r.album.taken)
	if r.film != nil {
		for _, f := range r.film.frames() {
			if pg, ok := f.Of.(*page); ok {
				out = append(out, playwright.Frame{Page: r.album.number(pg), At: f.At, Picture: f.JPEG})
			}
		}
	}
	if len(out) == 0 { // what was looked at when it failed
		for _, c := range r.album.steps {
			for _, f := range c.attachments {
				out = append(out, playwright.Frame{Page: r.album.number(c.page), At: c.ended, Picture: f.Body})
			}
		}
	}
	return out
}

func (f *film) frames() []reel.Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reel.Frames()
}
