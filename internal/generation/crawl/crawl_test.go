package crawl_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/generation/crawl"
)

const front = `<!doctype html><html><head><title> The  shop </title></head><body>
<h1>Tea <b>and</b> cups</h1><h2 hidden>Secret</h2><div style="display: none"><a href="/hidden">no</a></div>
<a href="/a">A</a><a href="a?x=1#top">A again</a><a href="https://elsewhere.test/">Away</a><a href="/logout">Leave</a><a href="/pic.png">Picture</a>
<a href="mailto:a@b.test">Write</a><a href="javascript:alert(1)">Run</a>
<form><label for="q">Search</label><input id="q" name="q" required><label>Size <select required><option>S</select></label><input type="hidden" required><button>Find</button></form>
<script>document.write('<a href="/script">no</a>')</script></body></html>`

func server(t *testing.T) (string, *[]string) {
	t.Helper()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String())
		switch {
		case r.URL.Path == "/":
			_, _ = io.WriteString(w, front)
		case r.URL.Path == "/a":
			_, _ = fmt.Fprintf(w, `<!doctype html><html><title>A</title><a href="/b">B</a><a href="/">Front</a></html>`)
		case r.URL.Path == "/b":
			w.WriteHeader(http.StatusTeapot)
		default:
			_, _ = io.WriteString(w, "{}")
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, &asked
}

func fetch(ctx context.Context, address string, most int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	return io.ReadAll(io.LimitReader(answer.Body, most))
}

func TestPagesAreReadAsFarAsTheirLinksLead(t *testing.T) {
	t.Parallel()
	base, asked := server(t)
	pages, notes, err := crawl.Read(t.Context(), fetch, base, crawl.Limits{Depth: 3, Pages: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := crawl.Page{
		Path: "/", Title: "The shop", Headings: []string{"Tea and cups"}, Links: []string{"/a", "/a?x=1", "/logout", "/pic.png"},
		Forms: []crawl.Form{{Submit: "Find", Fields: 2, Required: []crawl.Field{{Label: "Search"}, {Label: "Size S"}}}},
	}
	if diff := cmp.Diff(want, pages[0]); diff != "" {
		t.Errorf("the front page (-want +got):\n%s", diff)
	}
	if len(pages) != 3 || !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "/b") && strings.Contains(n, "418") }) {
		t.Errorf("%d pages, and notes %v", len(pages), notes)
	}
	if diff := cmp.Diff([]string{"/", "/a", "/a?x=1", "/b"}, *asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestACrawlIsBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limits crawl.Limits
		want   int
	}{"by depth": {crawl.Limits{Depth: 0, Pages: 10}, 1}, "by pages": {crawl.Limits{Depth: 5, Pages: 2}, 2}} {
		base, _ := server(t)
		pages, _, err := crawl.Read(t.Context(), fetch, base, tt.limits)
		if err != nil || len(pages) != tt.want {
			t.Errorf("%s: %d pages, %v", name, len(pages), err)
		}
	}
	base, _ := server(t)
	if _, _, err := crawl.Read(t.Context(), fetch, base+"/data", crawl.Limits{Depth: 1, Pages: 1}); err == nil {
		t.Error("JSON was taken for a page")
	}
	if _, _, err := crawl.Read(t.Context(), fetch, "http://127.0.0.1:1/", crawl.Limits{Depth: 1, Pages: 1}); err == nil {
		t.Error("nobody was there, and nothing was said")
	}
}

func FuzzPages(f *testing.F) {
	f.Add(front)
	f.Add("<!doctype html><form><form><a href=%zz>")
	f.Add(strings.Repeat("<div>", 1000) + "<html>")
	f.Fuzz(func(t *testing.T, page string) {
		read := func(context.Context, string, int64) ([]byte, error) { return []byte(page), nil }
		pages, _, err := crawl.Read(t.Context(), read, "http://shop.test/", crawl.Limits{Depth: 1, Pages: 3})
		if err == nil && len(pages) > 3 {
			t.Errorf("%d pages", len(pages))
		}
	})
}
