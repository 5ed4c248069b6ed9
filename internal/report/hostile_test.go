package report_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/semantest/semantest/internal/report"
)

// hostileRun is the sample with s in place of every text that a target, a plan
// or a server may have had a hand in.
func hostileRun(s string) report.Run {
	run := sampleRun()
	plant(reflect.ValueOf(&run).Elem(), s)
	for i := range run.Results {
		for j := range run.Results[i].Attempts {
			for k := range run.Results[i].Attempts[j].Steps {
				run.Results[i].Attempts[j].Steps[k].Detail = map[string]any{
					s:         s,
					"request": map[string]any{"method": s, "url": s, "headers": map[string]any{s: []any{s, s}}, "body": s, s: s},
					"response": map[string]any{"status": s, "statusText": s, "headers": map[string]string{s: s},
						"body": map[string]any{s: s}},
				}
			}
		}
	}
	return run
}

// plant sets every string below v, except outcomes: those come from our enum.
func plant(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type().Name() != "Outcome" {
			v.SetString(s)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			plant(v.Field(i), s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			plant(v.Elem(), s)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			plant(v.Index(i), s)
		}
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.String && v.Len() > 0 {
			v.Set(reflect.ValueOf(map[string]string{s: s}))
		}
	}
}

var payloads = []string{
	`"><script>alert(1)</script>`,
	`'><img src=x onerror=alert(1)>`,
	`</title></style></script><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	`data:text/html,<script>alert(1)</script>`,
	`//evil.test/x`,
	`https://evil.test/" onmouseover="alert(1)`,
	`--><iframe srcdoc="<script>alert(1)</script>">`,
	`{{ "x" | js }}` + "`${alert(1)}`",
	`" autofocus onfocus=alert(1) style="position:fixed" x="`,
	"]]>\x00\x1b[31m\xff\u202e\u2028</details></main>",
	`../../../etc/passwd`, `..\..\x`, `http:evil.test`,
}

func TestHTMLDisarmsTargets(t *testing.T) {
	t.Parallel()
	for _, p := range payloads {
		if mistakes := unsafeHTML(t, written(t, report.WriteHTML, hostileRun(p))); len(mistakes) > 0 {
			t.Errorf("%q:\n%s", p, strings.Join(mistakes, "\n"))
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, p := range payloads {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if mistakes := unsafeHTML(t, written(t, report.WriteHTML, hostileRun(s))); len(mistakes) > 0 {
			t.Errorf("%q:\n%s", s, strings.Join(mistakes, "\n"))
		}
	})
}

// pageElements is every element that the page is made of.
var pageElements = strings.Fields(`html head meta link title style body a header div p h1 h2 h3 h5 button main section dl dt dd
	time svg rect line text ul ol li span bdi b i table thead tbody tr th td form input select option output details summary
	figure figcaption img pre code mark dialog script footer`)

var pageAttributes = strings.Fields(`lang charset http-equiv content name rel href class id type aria-label aria-labelledby
	aria-hidden aria-pressed aria-live aria-keyshortcuts focusable role x x1 x2 y1 y2 dx y width height rx datetime scope
	tabindex placeholder autocomplete data-outcome data-kind data-for data-step open src alt loading hidden method`)

// unsafeHTML parses a page as a browser does and lists what may run, load or
// lead somewhere it should not.
func unsafeHTML(t *testing.T, page []byte) []string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var mistakes []string
	count := map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		if !slices.Contains(pageElements, n.Data) {
			mistakes = append(mistakes, "element "+n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(pageAttributes, a.Key) {
				mistakes = append(mistakes, "attribute "+a.Key+" of "+n.Data)
			}
			if a.Key == "src" && !strings.HasPrefix(a.Val, "data:image/png;base64,") {
				mistakes = append(mistakes, "src="+a.Val)
			}
			if a.Key == "href" && !slices.ContainsFunc([]string{"#", "./", "http://", "https://"}, func(p string) bool { return strings.HasPrefix(a.Val, p) }) && a.Val != "data:," {
				mistakes = append(mistakes, "href="+a.Val)
			}
			if a.Key == "href" && strings.Contains(a.Val, "..") && strings.HasPrefix(a.Val, "./") && slices.Contains(strings.Split(a.Val, "/"), "..") {
				mistakes = append(mistakes, "href leads up: "+a.Val)
			}
		}
	}
	for _, once := range []string{"script", "style", "main", "title"} {
		if count[once] != 1 {
			mistakes = append(mistakes, once+" occurs more or less than once")
		}
	}
	return mistakes
}
