package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

// pixel is a picture that every browser can draw.
const pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// laidOut is what a case has told of a page, in the order of the metrics.
func laidOut(r ran) (out []string) {
	for _, m := range r.Metrics() {
		if strings.HasPrefix(m.Name, "layout_") || m.Name == "console_errors" {
			out = append(out, fmt.Sprintf("%s %g %s", m.Name, m.Value, m.Unit))
		}
	}
	return out
}

func layoutOf(overflow, broken, clipped, errors int) []string {
	return []string{
		fmt.Sprintf("layout_overflow %d px", overflow), fmt.Sprintf("layout_broken_images %d 1", broken),
		fmt.Sprintf("layout_clipped %d 1", clipped), fmt.Sprintf("console_errors %d 1", errors),
	}
}

// TestLayout takes a picture of pages whose layout is known.
func TestLayout(t *testing.T) {
	t.Parallel()
	missing := site.handle(http.NotFound)
	line := `<style>body{margin:0;font:20px/24px monospace} div{width:100px;height:24px;white-space:nowrap}</style>`
	for name, tt := range map[string]struct {
		html                              string
		overflow, broken, clipped, errors int
	}{
		"all well":                     {html: `<h1>Well</h1><img src="` + pixel + `" alt=p><p>Text`},
		"wider than the window":        {html: `<style>body{margin:0}</style><div style="width:2020px;height:9px">`, overflow: 100},
		"wider, and nobody scrolls":    {html: `<style>html{overflow-x:hidden}</style><div style="width:2020px;height:9px">`},
		"wider by the body's rule":     {html: `<style>body{overflow-x:hidden}</style><div style="width:2020px;height:9px">`},
		"a text beyond the window":     {html: `<style>body{margin:0;overflow-x:hidden;font:20px monospace}</style><p style="margin-left:1880px;white-space:nowrap">a long text`, clipped: 1},
		"a broken image":               {html: `<img src="data:image/png;base64,AAAA" alt=b><img src="data:image/png;base64,AAAB" alt=b>`, broken: 2},
		"an image that is not there":   {html: `<img src="` + missing + `" alt=b>`, broken: 1, errors: 1},
		"a hidden one":                 {html: `<img src="data:image/png;base64,AAAA" alt=b style="display:none">`},
		"an image without address":     {html: `<img alt=b>`},
		"a drawing without size":       {html: `<img alt=d src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>">`},
		"text cut at the right":        {html: line + `<div style="overflow:hidden">a text that is too long</div>`, clipped: 1},
		"text cut by what is above":    {html: line + `<div style="overflow:clip"><p style="margin:0"><b>a text that is too long</b></p></div>`, clipped: 1},
		"text cut at the bottom":       {html: line + `<div style="overflow:hidden;white-space:normal">two words of text</div>`, clipped: 1},
		"text that ends in dots":       {html: line + `<div style="overflow:hidden;text-overflow:ellipsis">a text that is too long</div>`},
		"so many lines":                {html: line + `<div style="overflow:hidden;white-space:normal;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:1">two words of text</div>`},
		"text to be scrolled":          {html: line + `<div style="overflow:auto">a text that is too long</div>`},
		"text for those who listen":    {html: line + `<div style="position:absolute;overflow:hidden;width:1px;height:1px">a text that is too long</div>`},
		"text that is put away":        {html: line + `<div style="overflow:hidden"><span style="margin-left:200px">away</span></div>`},
		"text that fits":               {html: line + `<div style="overflow:hidden" id=h></div><script>h.append('fits')</script>`},
		"errors in the console":        {html: `<script>console.error('one'); console.warn('two'); setTimeout(() => { throw new Error('three') })</script>`, errors: 2},
		"a page that changes its tree": {html: `<script>Document.prototype.createTreeWalker = () => { throw 1 }; window.getComputedStyle = () => ({}); Element.prototype.getBoundingClientRect = () => ({})</script><p>Text`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := on(t, tt.html, spec.BrowserStep{Wait: &spec.Wait{Load: "load"}}, spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "page"}}).passes(t)
			if diff := cmp.Diff(layoutOf(tt.overflow, tt.broken, tt.clipped, tt.errors), laidOut(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLayoutOfEachPage: the console of one page is not that of the next one, and
// each is told by its path.
func TestLayoutOfEachPage(t *testing.T) {
	t.Parallel()
	bad, good := site.put(`<script>console.error('bad')</script>`), site.put(`<h1>Good</h1>`)
	shot := func(name string) spec.BrowserStep { return spec.BrowserStep{Screenshot: &spec.Screenshot{Name: name}} }
	r := perform(t, open(bad+"?secret=1"), shot("one"), open(good), shot("two")).passes(t)
	if diff := cmp.Diff(append(layoutOf(0, 0, 0, 1), layoutOf(0, 0, 0, 0)...), laidOut(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pages := map[string]int{}
	for _, m := range r.Metrics() {
		if m.Name == "console_errors" {
			pages[m.Tags["page"]] += int(m.Value) + 1
		}
	}
	if diff := cmp.Diff(map[string]int{bad: 2, good: 1}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// TestLayoutOfALargePage is bounded: it is told for what was looked at.
func TestLayoutOfALargePage(t *testing.T) {
	t.Parallel()
	r := on(t, `<script>let s = ''; for (let i = 0; i < 5e4; i++) s += '<p>text'; document.write(s)</script>`, spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "page"}}).passes(t)
	if got := laidOut(r); len(got) != 4 {
		t.Errorf("told are %v", got)
	}
}
