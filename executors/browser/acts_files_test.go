package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	const html = noting + `<script>const show = async (f) => { for (const x of f.files) note(x.name + ':' + await x.text()); if (!f.files.length) note('none') }</script>
		<label>Photo <input type=file id=one onchange="show(this)"></label><label id=styled>Pick <input type=file id=many multiple hidden onchange="show(this)"></label>
		<button onclick="const f = document.createElement('input'); f.type = 'file'; f.onchange = () => show(f); f.click()">Choose</button>
		<button onclick="note('nothing')">Idle</button><input type=file id=dir webkitdirectory><input type=file id=off disabled>`
	upload := func(l spec.Locator, files ...string) spec.BrowserStep {
		return spec.BrowserStep{Upload: &spec.Upload{Locator: l, Files: files}}
	}
	const a, b = "file://files/a.txt", "file://b.txt"
	perform := func(t *testing.T, steps ...spec.BrowserStep) ran {
		t.Helper()
		task := task(append([]spec.BrowserStep{open(site.put(html))}, steps...)...)
		task.Files = fstest.MapFS{"files/a.txt": {Data: []byte("AAA")}, "b.txt": {Data: []byte("BB")}}
		return performTask(t, shared, task)
	}
	tests := map[string]struct {
		step spec.BrowserStep
		want string // of the log
		err  string
	}{
		"by its label":         {upload(spec.Locator{Label: "Photo"}, a), "a.txt:AAA", ""},
		"hidden":               {upload(css("#many"), a, b), "a.txt:AAA b.txt:BB", ""},
		"by a styled label":    {upload(css("#styled"), b), "b.txt:BB", ""},
		"by a button":          {upload(role("button", "Choose"), b), "b.txt:BB", ""},
		"too many":             {upload(css("#one"), a, b), "", "takes one file, and there are 2"},
		"too many by a button": {upload(role("button", "Choose"), a, b), "", "takes one file, and there are 2"},
		"a folder":             {upload(css("#dir"), a), "", "takes a folder"},
		"disabled":             {upload(css("#off"), a), "", "is disabled"},
		"nobody asks":          {within(time.Second, upload(role("button", "Idle"), a)), "", "asked for no files within 1s"},
		"no such file":         {upload(css("#one"), "file://none.txt"), "", "there is no file none.txt"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.err == "" {
				perform(t, tt.step, logged(tt.want)).passes(t)
				return
			}
			if r := perform(t, tt.step); r.outcome == spec.OutcomePassed || r.err == nil || !strings.Contains(r.err.Error(), tt.err) {
				t.Errorf("got %s, %v", r.outcome, r.err)
			}
		})
	}
	t.Run("and taken away", func(t *testing.T) {
		t.Parallel()
		// The page reads the file before it is taken away.
		perform(t, upload(css("#many"), a), logged("a.txt:AAA"), upload(css("#many")), logged("a.txt:AAA none")).passes(t)
	})
}

func TestDownload(t *testing.T) {
	t.Parallel()
	endless := site.handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=endless.bin")
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	broken := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=broken.bin")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("half"))
	})
	file := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="invoice 7.txt"`)
		_, _ = w.Write([]byte("Total 42"))
	})
	html := fmt.Sprintf(`<a href="%s">Invoice</a><a href="%s" target=_blank>Apart</a><a download=made.txt href="data:text/plain,made">Made</a><a href="%s">Endless</a><a href="%s">Broken</a><button>Idle</button>`, file, file, endless, broken)
	get := func(name string, d spec.Download) spec.BrowserStep {
		d.Click = &spec.Click{Locator: spec.Locator{Text: name}}
		return spec.BrowserStep{Download: &d}
	}
	t.Run("judged and kept", func(t *testing.T) {
		t.Parallel()
		r := on(t, html, get("Invoice", spec.Download{
			Name: new(equals("invoice 7.txt")), Size: new(equals(int64(8))), Text: new(contains("42")),
			SHA256: new(equals("e64d7b0ba2a9b9ab1fa3eaf4d8d1f2e6b9ab8e5d4b94f1f2f8d9ca8bb3b7b7ea")),
		}))
		// Whatever the sum is, exactly its check must not hold.
		r.want(t, spec.OutcomeFailed)
		var failed []string
		for _, c := range r.Steps()[1].Checks {
			if !c.Passed {
				failed = append(failed, c.Name[:6])
			}
		}
		if diff := cmp.Diff([]string{"sha256"}, failed); diff != "" {
			t.Errorf("failed checks (-want +got):\n%s", diff)
		}
		var kept []string
		for _, a := range r.Attachments() {
			if a.Kind == executors.AttachmentBody {
				kept = append(kept, a.Name+"="+string(a.Data))
			}
		}
		if diff := cmp.Diff([]string{"invoice_7.txt=Total 42"}, kept); diff != "" {
			t.Errorf("artifacts (-want +got):\n%s", diff)
		}
	})
	for _, name := range []string{"Apart", "Made"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := on(t, html, get(name, spec.Download{As: "kept.txt", Size: &spec.Matcher{GT: &spec.Value{V: int64(0)}}})).passes(t)
			if all := r.Attachments(); len(all) != 1 || all[0].Name != "kept.txt" {
				t.Errorf("artifacts %v", all)
			}
		})
	}
	for name, want := range map[string]string{"Endless": "has more than 100 MiB", "Broken": "broke off", "Idle": "no download began within 2s"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := 20 * time.Second
			if name == "Idle" {
				limit = 2 * time.Second
			}
			r := on(t, html, within(limit, get(name, spec.Download{}))).want(t, spec.OutcomeFailed)
			if r.err == nil || !strings.Contains(r.err.Error(), want) {
				t.Errorf("got %v", r.err)
			}
		})
	}
	t.Run("refused outside of the step", func(t *testing.T) {
		t.Parallel()
		on(t, html, get("Invoice", spec.Download{}), click(spec.Locator{Text: "Endless"}), click(role("button", "Idle"))).passes(t)
	})
}
