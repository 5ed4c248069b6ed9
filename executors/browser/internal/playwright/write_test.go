package playwright_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser/internal/playwright"
)

var update = flag.Bool("update", false, "write the golden files")

var began = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

func after(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }

func unmasked(text string) string { return text }

// written are the files of a trace by their names, with the names in order.
func written(t testing.TB, trace playwright.Trace, mask func(string) string) (map[string][]byte, []string) {
	t.Helper()
	var out bytes.Buffer
	if err := playwright.Write(&out, trace, mask); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	var names []string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
	}
	return files, names
}

func picture(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 4, 3)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// whole is a trace with one of everything.
func whole(t testing.TB) playwright.Trace {
	t.Helper()
	folder := playwright.NewFolder(1 << 20)
	shown := func(at int, name string) *playwright.Snapshot {
		html, ok := folder.Fold(playwright.FrameID("page@1", ""), []any{"HTML", map[string]any{}, []any{"BODY", map[string]any{"class": "shop of the best teas there are"}, "Hello, ", []any{"B", map[string]any{}, name}}})
		if !ok {
			t.Fatal("there is room")
		}
		return &playwright.Snapshot{Page: "page@1", At: after(at), Documents: []playwright.Document{{Frame: playwright.FrameID("page@1", ""), URL: "http://shop.test/", Doctype: "html",
			Viewport: playwright.Size{Width: 800, Height: 600}, HTML: html}}}
	}
	return playwright.Trace{
		Title: "Tea", Browser: "chromium", Platform: "linux", BaseURL: "http://shop.test", Viewport: playwright.Size{Width: 800, Height: 600}, Scale: 2, Agent: "Tester/1", Began: began,
		Actions: []playwright.Action{
			{Title: "goto /", Method: "goto", Page: "page@1", Params: map[string]any{"url": "/"}, Result: map[string]any{"status": 200}, Began: began, Ended: after(50), After: shown(51, "tea")},
			{Title: `click button "Pay"`, Method: "click", Page: "page@1", Began: after(60), Ended: after(99), Point: &playwright.Point{X: 1.5, Y: 2}, Log: []string{"✗ it is paid"}, Error: "it is not paid",
				During: shown(70, "tea"), After: shown(100, "coffee"), Attachments: []playwright.Attachment{{Name: "failure.png", ContentType: "image/png", Body: []byte("a picture")}}},
		},
		Pages: []playwright.Page{{ID: "page@1", Opened: began}, {ID: "page@2", Opened: after(55), Closed: after(90)}},
		Console: []playwright.Message{
			{Page: "page@1", At: after(20), Level: "info", Text: "Hello", URL: "http://shop.test/a.js", Line: 3, Column: 7},
			{Page: "page@1", At: after(30), Level: "error", Text: "Error: it broke", URL: "http://shop.test/a.js", Line: 4, Column: 8, Uncaught: true},
		},
		Requests: []playwright.Request{{Page: "page@1", At: after(5), Body: []byte(`{"token":"secret"}`), BodyType: "application/json; charset=utf-8", Sent: []byte("secret"), SentType: "text/plain", Entry: map[string]any{
			"request":  map[string]any{"method": "POST", "url": "http://shop.test/?q=secret", "postData": map[string]any{"text": ""}},
			"response": map[string]any{"status": 200, "content": map[string]any{"size": 18, "mimeType": "application/json"}},
		}}},
		Film: []playwright.Frame{{Page: "page@1", At: after(40), Picture: picture(t)}},
	}
}

// TestWrite: what is written is that of the golden file, with the secret in
// none of it.
func TestWrite(t *testing.T) {
	t.Parallel()
	files, names := written(t, whole(t), func(text string) string { return strings.ReplaceAll(text, "secret", "***") })
	var got strings.Builder
	for _, name := range names {
		fmt.Fprintf(&got, "== %s\n", name)
		if strings.HasSuffix(name, ".jpeg") {
			fmt.Fprintf(&got, "%d bytes\n", len(files[name]))
			continue
		}
		fmt.Fprintf(&got, "%s\n", bytes.TrimSpace(files[name]))
	}
	const golden = "testdata/trace.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if strings.Contains(got.String(), "secret") {
		t.Error("the trace tells the secret")
	}
}

// TestWriteIsBounded: files that there is no room for are left out, and nothing
// refers to them.
func TestWriteIsBounded(t *testing.T) {
	t.Parallel()
	trace := playwright.Trace{Began: began}
	for i := range 6 {
		body := bytes.Repeat([]byte{byte('a' + i)}, playwright.MaxFiles/4)
		trace.Actions = append(trace.Actions, playwright.Action{Title: "shot", Began: began, Ended: began, Attachments: []playwright.Attachment{{Name: "a", ContentType: "text/plain", Body: body}}})
	}
	files, _ := written(t, trace, unmasked)
	kept := 0
	for _, body := range files {
		kept += len(body)
	}
	if refs := strings.Count(string(files["trace.trace"]), `"sha1"`); refs != 4 || len(files) != 6 || kept > playwright.MaxFiles+10_000 {
		t.Errorf("%d references, %d files of %d bytes", refs, len(files), kept)
	}
}

// TestHostileTexts: whatever a page says, each line is an event in valid UTF-8.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	odd := []string{"", "\x00", "\xff\xfe", "line\nfeed\r\u2028", `"}` + "\n" + `{"type":"context-options"`, strings.Repeat("deep ", 1<<16), "<script>alert(1)</script>", "{url}"}
	for _, text := range odd {
		trace := whole(t)
		trace.Title, trace.BaseURL, trace.Browser = text, text, text
		trace.Actions[0].Title, trace.Actions[0].Error, trace.Actions[0].Params = text, text, map[string]any{text: text, "list": []any{text}}
		trace.Console[0].Text, trace.Console[0].URL, trace.Console[1].Text = text, text, text
		trace.Requests[0].Entry[text] = text
		trace.Requests[0].BodyType = text
		trace.Film[0].Picture = []byte(text)
		files, _ := written(t, trace, unmasked)
		whichAreEvents(t, files)
	}
}

func whichAreEvents(t testing.TB, files map[string][]byte) {
	t.Helper()
	for _, name := range []string{"trace.trace", "trace.network"} {
		for line := range bytes.Lines(files[name]) {
			var event struct{ Type string }
			if err := json.Unmarshal(line, &event); err != nil || event.Type == "" || !utf8.Valid(line) {
				t.Fatalf("%s has %.300q: %v", name, line, err)
			}
		}
	}
	if n := strings.Count(string(files["trace.trace"]), "\n{\"browserName\""); n > 0 {
		t.Errorf("%d more contexts", n)
	}
}

// FuzzWrite: no text and no document breaks a trace.
func FuzzWrite(f *testing.F) {
	f.Add("tea", `["HTML",{},["BODY",{"a":"b"},"text"]]`, "http://shop.test/")
	f.Add("\xff\n\x00", `[[1,2],3,null,{"a":[]}]`, "\x7f://")
	f.Fuzz(func(t *testing.T, text, document, address string) {
		trace := whole(t)
		folder := playwright.NewFolder(1 << 16)
		var element []any
		if json.Unmarshal([]byte(document), &element) == nil {
			for range 2 {
				if html, ok := folder.Fold("frame@page@1", element); ok {
					trace.Actions[0].After.Documents = append(trace.Actions[0].After.Documents, playwright.Document{Frame: "frame@page@1", URL: address, HTML: html})
				}
			}
		}
		trace.Actions[0].Title, trace.Console[0].Text, trace.Console[0].URL, trace.Requests[0].BodyType = text, text, address, text
		trace.Requests[0].Body = []byte(text)
		files, _ := written(t, trace, unmasked)
		whichAreEvents(t, files)
	})
}

// failing is a file that cannot be written to.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	if err := playwright.Write(failing{}, whole(t), unmasked); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("the error is %v", err)
	}
}
