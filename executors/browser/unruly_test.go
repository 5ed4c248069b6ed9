package browser_test

import (
	"net/http"
	"strings"
	"testing"

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
	for name, tt := range map[string]struct {
		steps   []spec.BrowserStep
		outcome spec.Outcome
		want    string
	}{
		"redirects": {[]spec.BrowserStep{open(around)}, spec.OutcomeFailed, "it redirects without end"},
		"popups": {[]spec.BrowserStep{open(site.put(`<button onclick="for (let i = 0; i < 1000; i++) window.open('about:blank')">B</button>`)), click(role("button", "B")), click(role("button", "Never"))},
			spec.OutcomeFailed, "the page runs away: it opened more than 50 windows"},
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
