package browser_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"image/jpeg"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// TestArtifactsByOutcome: what is kept follows from how the case ended and which
// attempt it was.
func TestArtifactsByOutcome(t *testing.T) {
	t.Parallel()
	all := func(r spec.Retention) *spec.Artifacts {
		return &spec.Artifacts{Screenshot: r, Steps: r, Video: r, HAR: r, Console: r, DOM: r, Playwright: r}
	}
	tests := []struct {
		name    string
		plan    *spec.Artifacts
		own     *spec.Artifacts
		attempt int
		passes  bool
		want    []string
	}{
		{"nothing of what passes", nil, nil, 1, true, nil},
		{"nothing of what passes at last", nil, nil, 2, true, nil},
		{"the defaults of a failure", nil, nil, 1, false, []string{"console", "dom", "har", "playwright", "screenshot"}},
		{"a failure again", nil, nil, 2, false, []string{"console", "dom", "frame", "har", "playwright", "screenshot", "video"}},
		{"nothing", all(spec.RetainNothing), nil, 2, false, nil},
		{"nothing but", all(spec.RetainNothing), &spec.Artifacts{DOM: spec.RetainOnFailure}, 1, false, []string{"dom"}},
		{"all but", all(spec.RetainAlways), &spec.Artifacts{Video: spec.RetainNothing}, 1, true, []string{"console", "dom", "frame", "har", "playwright", "screenshot"}},
		{"always", all(spec.RetainAlways), nil, 1, true, []string{"console", "dom", "frame", "har", "playwright", "screenshot", "video"}},
		{"not tried again", all(spec.RetainOnRetry), nil, 1, false, nil},
		{"tried again", all(spec.RetainOnRetry), nil, 2, true, []string{"console", "dom", "frame", "har", "playwright", "screenshot", "video"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			last := expect(spec.Expect{Title: new(equals("T"))})
			if !tt.passes {
				last = within(300*time.Millisecond, click(css("#none")))
			}
			task := task(open(site.put(`<title>T</title><script>console.log('hello')</script><p>text`)), last)
			task.Use.Artifacts, task.Case.Artifacts, task.Attempt = tt.plan, tt.own, tt.attempt
			outcome := map[bool]spec.Outcome{true: spec.OutcomePassed, false: spec.OutcomeFailed}[tt.passes]
			r := performTask(t, shared, task).want(t, outcome)
			got := kindsOf(r)
			if tt.attempt == 1 && tt.plan == nil { // a slow machine makes slow steps, which are filmed
				got = slices.DeleteFunc(got, func(kind string) bool { return kind == string(executors.AttachmentFrame) })
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

func kindsOf(r ran) []string {
	var kinds []string
	for _, a := range r.Attachments() {
		if !slices.Contains(kinds, string(a.Kind)) {
			kinds = append(kinds, string(a.Kind))
		}
	}
	slices.Sort(kinds)
	return kinds
}

func artifactOf(t *testing.T, r ran, name string) executortest.Recorded {
	t.Helper()
	i := slices.IndexFunc(r.Attachments(), func(a executortest.Recorded) bool { return a.Name == name })
	if i < 0 {
		t.Fatalf("%s was not attached; there are %v", name, kindsOf(r))
	}
	return r.Attachments()[i]
}

// TestSlowStepIsFilmed: a step that takes long is filmed though the attempt is
// the first one.
func TestSlowStepIsFilmed(t *testing.T) {
	t.Parallel()
	task := task(open(site.put(`<h1>Here</h1>`)), within(3*time.Second, click(css("#none"))))
	task.Case.Viewport = &spec.Viewport{Width: 1600, Height: 900}
	r := performTask(t, shared, task).want(t, spec.OutcomeFailed)
	a := artifactOf(t, r, "step-2-after.jpg")
	img, err := jpeg.Decode(bytes.NewReader(a.Data))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 960 || b.Dy() != 540 || a.Step != 1 {
		t.Errorf("the picture is %v of step %d, want 960x540 of step 1", b.Size(), a.Step)
	}
}

// TestPicturesOfSteps: each picture shows what its step has made of the page.
func TestPicturesOfSteps(t *testing.T) {
	t.Parallel()
	const html = `<body style="background:#ff0000"><button style="position:fixed;left:0;top:0" onclick="document.body.style.background='#0000ff'">Blue</button>`
	pause := spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(700 * time.Millisecond)}}
	task := task(open(site.put(html)), pause, click(role("button", "Blue")), pause)
	task.Case.Viewport = &spec.Viewport{Width: 400, Height: 300}
	task.Case.Artifacts = &spec.Artifacts{Steps: spec.RetainAlways}
	r := performTask(t, shared, task).passes(t)
	colour := map[string]string{}
	for _, a := range r.Attachments() {
		if a.Kind != executors.AttachmentFrame {
			continue
		}
		img, err := jpeg.Decode(bytes.NewReader(a.Data))
		if err != nil {
			t.Fatal(err)
		}
		red, _, blue, _ := img.At(200, 200).RGBA()
		colour[a.Name] = map[bool]string{true: "red", false: map[bool]string{true: "blue", false: "neither"}[blue > 0xc000 && red < 0x4000]}[red > 0xc000 && blue < 0x4000]
	}
	if got := colour["step-4-after.jpg"] + colour["step-4-before.jpg"] + colour["step-3-after.jpg"]; !strings.HasPrefix(got, "blue") {
		t.Errorf("no picture shows what the click has made: %v", colour)
	}
	if !slices.ContainsFunc([]string{"step-1-after.jpg", "step-2-after.jpg", "step-2-before.jpg", "step-3-before.jpg"}, func(n string) bool { return colour[n] == "red" }) {
		t.Errorf("no picture shows what was before the click: %v", colour)
	}
}

// TestArtifactsHideSecrets: a secret is in no artifact that is text.
func TestArtifactsHideSecrets(t *testing.T) {
	t.Parallel()
	const secret = `s3cr"et-of-the-case`
	api := site.handle(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Set-Cookie", "session="+"abc")
		_ = json.NewEncoder(w).Encode(map[string]string{"echo": string(body)})
	})
	html := `<input aria-label="In"><p id=out></p><script>
		document.querySelector('input').oninput = async (e) => {
			console.log('typed', e.target.value);
			out.textContent = e.target.value;
			await (await fetch('` + api + `?q=' + encodeURIComponent(e.target.value), {method: 'POST', headers: {'X-Api-Key': 'never ' + 'shown'}, body: e.target.value})).text();
			out.className = 'done';
		}</script>`
	task := task(open(site.put(html)), fill(spec.Locator{Label: "In"}, "${{ TOKEN }}"), expect(spec.Expect{Visible: new(css("#out.done"))}), within(200*time.Millisecond, click(css("#none"))))
	task.Scope = spec.NewScope(map[string]any{"BASE_URL": site.server.URL}, map[string]string{"TOKEN": secret})
	task.Case.Artifacts = &spec.Artifacts{Playwright: spec.RetainAlways}
	r := performTask(t, shared, task).want(t, spec.OutcomeFailed)
	files := map[string]string{}
	for _, a := range r.Attachments() {
		files[a.Name] = string(a.Data)
	}
	for name, body := range unzipped(t, artifactOf(t, r, "trace.zip").Data) {
		files["trace.zip/"+name] = body
	}
	for name, body := range files {
		for _, form := range []string{secret, `s3cr\"et`, `s3cr\\"et`, "s3cr%22et", "s3cr&quot;et", "never shown"} {
			if strings.Contains(body, form) {
				t.Errorf("%s holds the secret:\n%.2000s", name, body)
			}
		}
	}
	var archive struct {
		Log struct {
			Entries []struct {
				Request struct {
					Method, URL string
					PostData    struct{ Text string }
				}
				Response struct {
					Status  int
					Content struct{ Text, MimeType string }
				}
				Time         float64
				ResourceType string `json:"_resourceType"`
			}
		}
	}
	data := artifactOf(t, r, "network.har").Data
	if err := json.Unmarshal(data, &archive); err != nil {
		t.Fatal(err)
	}
	entries := archive.Log.Entries
	if len(entries) < 2 || entries[0].ResourceType != "document" || entries[0].Response.Status != 200 || !strings.Contains(entries[0].Response.Content.Text, "aria-label") {
		t.Fatalf("the archive is %s", data)
	}
	last := entries[len(entries)-1]
	if last.Request.Method != http.MethodPost || last.Request.PostData.Text != "***" || !strings.Contains(last.Response.Content.Text, "***") || last.Time <= 0 {
		t.Errorf("the last exchange is %+v", last)
	}
}

// TestDocument: the document is kept as people saw it, and runs nothing.
func TestDocument(t *testing.T) {
	t.Parallel()
	html := `<style>p{color:red}</style><input aria-label="In"><input type=password value="hush"><textarea></textarea><div id=host></div>
		<p onclick="alert(1)">&lt;b&gt; text</p><script>
		const s = host.attachShadow({mode: 'open'}); s.innerHTML = '<i>in the shadow</i>';
		const sheet = new CSSStyleSheet(); sheet.replaceSync('p { margin: 7px }'); document.adoptedStyleSheets = [sheet];
		document.querySelector('textarea').value = '</textarea><script>x';
		</script>`
	r := on(t, html, fill(spec.Locator{Label: "In"}, `"Ada" & co`), within(200*time.Millisecond, click(css("#none")))).want(t, spec.OutcomeFailed)
	page := string(artifactOf(t, r, "page.html").Data)
	for _, want := range []string{`value="&quot;Ada&quot; &amp; co"`, `<template shadowrootmode="open"><i>in the shadow</i></template>`, "&lt;b&gt; text", "margin: 7px", "color: red", "<base href=", "script-src 'none'"} {
		if !strings.Contains(page, want) {
			t.Errorf("the document lacks %s:\n%s", want, page)
		}
	}
	for _, no := range []string{"hush", "<script", "onclick"} {
		if strings.Contains(page, no) {
			t.Errorf("the document has %s:\n%s", no, page)
		}
	}
}

// TestTrace: the browser's own measurements, of this case alone.
func TestTrace(t *testing.T) {
	t.Parallel()
	marked := func(name string) string {
		return site.put(`<title>` + name + `</title><script>performance.mark('mark-of-` + name + `')</script>`)
	}
	other := marked("another")
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // in the same browser, all the while
		for {
			select {
			case <-over:
				return
			default:
				performTask(t, shared, task(open(other))).passes(t)
			}
		}
	})
	task := task(open(marked("this")), spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(time.Second)}})
	task.Case.Artifacts = &spec.Artifacts{Trace: spec.RetainAlways}
	r := performTask(t, shared, task).passes(t)
	close(over)
	wg.Wait()
	zip, err := gzip.NewReader(bytes.NewReader(artifactOf(t, r, "trace.json.gz").Data))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	type event struct {
		Name string `json:"name"`
		PID  int    `json:"pid"`
	}
	var trace struct {
		TraceEvents []event `json:"traceEvents"`
	}
	if err := json.Unmarshal(data, &trace); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(trace.TraceEvents, func(e event) bool { return e.Name == "mark-of-this" }) {
		t.Errorf("%d events, and none is the page's mark", len(trace.TraceEvents))
	}
	if at := bytes.Index(data, []byte(other+`"`)); at >= 0 || bytes.Contains(data, []byte("mark-of-another")) {
		t.Errorf("the trace tells of another case: %s", data[max(0, at-300):min(len(data), at+300)])
	}
}

// TestVideo: a video is an MP4 file.
func TestVideo(t *testing.T) {
	t.Parallel()
	task := task(open(site.put(`<h1>Film</h1>`)), spec.BrowserStep{Wait: &spec.Wait{Duration: spec.Duration(500 * time.Millisecond)}})
	task.Case.Artifacts = &spec.Artifacts{Video: spec.RetainAlways}
	r := performTask(t, shared, task).passes(t)
	if a := artifactOf(t, r, "video.mp4"); len(a.Data) < 100 || string(a.Data[4:8]) != "ftyp" {
		t.Errorf("%d bytes, and no MP4", len(a.Data))
	}
}

// TestArtifactsOfACrash: what can be had is kept, and the case ends in time.
func TestArtifactsOfACrash(t *testing.T) {
	t.Parallel()
	own := browser.New(browser.Options{})
	defer func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	}()
	task := task(open(site.put(`<script>console.log('alive')</script>`)), expect(spec.Expect{Visible: new(css("#never"))}))
	task.Attempt = 2
	r := whileIn(t, own, 1, task, func() {
		if err := browser.CrashPages(own); err != nil {
			t.Error(err)
		}
	})
	r.want(t, spec.OutcomeErrored)
	if kinds := kindsOf(r); !slices.Contains(kinds, "console") || !slices.Contains(kinds, "har") {
		t.Errorf("kinds %v, want the console and the archive among them", kinds)
	}
}
