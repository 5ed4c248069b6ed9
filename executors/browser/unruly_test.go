package browser_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// TestPagesWithoutEnd: what a page does without end ends its own step or case
// with a clear sentence, and the next case goes on.
func TestPagesWithoutEnd(t *testing.T) {
	t.Parallel()
	var around string
	around = site.handle(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, around, http.StatusFound) })
	file := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=f.bin")
		_, _ = w.Write(make([]byte, 1<<10))
	})
	hang := site.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	endless := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=f.bin")
		for tick := time.NewTicker(20 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
			_, _ = w.Write(make([]byte, 1<<10))
			_ = http.NewResponseController(w).Flush()
		}
	})
	second := func(s spec.BrowserStep) spec.BrowserStep { return within(time.Second, s) }
	for name, tt := range map[string]struct {
		steps   []spec.BrowserStep
		outcome spec.Outcome
		want    string
	}{
		"redirects": {[]spec.BrowserStep{open(around)}, spec.OutcomeFailed, "it redirects without end"},
		"popups": {[]spec.BrowserStep{open(site.put(`<button onclick="for (let i = 0; i < 1000; i++) window.open('about:blank')">B</button>`)), click(role("button", "B")), click(role("button", "Never"))},
			spec.OutcomeFailed, "the page runs away: it opened more than 50 windows"},
		"never answers": {[]spec.BrowserStep{second(open(hang))}, spec.OutcomeTimedOut, hang + " did not answer within 1s"},
		"never loads":   {[]spec.BrowserStep{second(open(site.put(`<img src="` + hang + `" alt=h>`)))}, spec.OutcomeTimedOut, " did not finish loading within 1s"},
		"alerts": {[]spec.BrowserStep{open(site.put(`<script>setInterval(() => alert(1))</script>`)), second(click(role("button", "Never")))},
			spec.OutcomeFailed, ` within 1s`},
		"a download without end": {[]spec.BrowserStep{open(site.put(`<a href="` + endless + `">D</a>`)), second(spec.BrowserStep{Download: &spec.Download{Click: &spec.Click{Locator: role("link", "D")}}})},
			spec.OutcomeFailed, `the download "f.bin" was not over within 1s; `},
		"memory": {[]spec.BrowserStep{open(site.put(`<button onclick="setTimeout(() => { const all = []; for (;;) all.push(new Array(5e6).fill(1.5)) })">B</button>`)), within(time.Minute, click(role("button", "B"))), within(time.Minute, click(role("button", "Never")))},
			spec.OutcomeErrored, "the page crashed: its renderer process ended during the step"},
		"downloads": {[]spec.BrowserStep{open(site.put(`<a id=a href="` + file + `" download>D</a><button onclick="this.textContent = 'pressed'">B</button><script>let n = 0; const t = setInterval(() => { a.click(); if (++n > 300) clearInterval(t) }, 5)</script>`)),
			click(role("button", "B")), expect(spec.Expect{Visible: new(role("button", "pressed"))})}, spec.OutcomePassed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := perform(t, tt.steps...).want(t, tt.outcome)
			if tt.want != "" && (r.err == nil || !strings.Contains(r.err.Error(), tt.want)) {
				t.Errorf("got %v, want %s", r.err, tt.want)
			}
			perform(t, open(site.put(`<h1>Well</h1>`)), expect(spec.Expect{Visible: new(role("heading", "Well"))})).passes(t)
		})
	}
}
