package browser_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	stdpng "image/png"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// shelf keeps baselines in memory.
type shelf struct {
	mu       sync.Mutex
	accepted map[executors.BaselineKey][][]byte
	proposed []executors.Comparison
	fault    error
}

// Accepted implements executors.Baselines.
func (s *shelf) Accepted(_ context.Context, key executors.BaselineKey) ([]executors.Baseline, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []executors.Baseline
	for _, file := range s.accepted[key] {
		sum := sha256.Sum256(file)
		out = append(out, executors.Baseline{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(file)), ContentType: "image/png",
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }})
	}
	return out, s.fault
}

// Propose implements executors.Baselines.
func (s *shelf) Propose(_ context.Context, c executors.Comparison) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proposed = append(s.proposed, c)
	return nil
}

// accept takes over what a case has shown, for the keys that it proposed.
func (s *shelf) accept(t *testing.T, r ran) {
	t.Helper()
	if s.accepted == nil {
		s.accepted = map[executors.BaselineKey][][]byte{}
	}
	for _, c := range s.proposed {
		s.accepted[c.Key] = append([][]byte{r.file(t, c.Actual)}, s.accepted[c.Key]...)
	}
	s.proposed = nil
}

// against runs steps on a document, with a shelf.
func (s *shelf) against(t *testing.T, html string, steps ...spec.BrowserStep) ran {
	t.Helper()
	return s.perform(t, append([]spec.BrowserStep{open(site.put(html))}, steps...), func(*executors.Task) {})
}

func (s *shelf) perform(t *testing.T, steps []spec.BrowserStep, change func(*executors.Task)) ran {
	t.Helper()
	one := task(steps...)
	one.Use.Viewport = &spec.Viewport{Width: 400, Height: 300}
	one.Baselines = s
	change(&one)
	return performTask(t, shared, one)
}

func (r ran) file(t *testing.T, name string) []byte {
	t.Helper()
	for _, a := range r.Attachments() {
		if a.Name == name {
			return a.Data
		}
	}
	t.Fatalf("there is no attachment %q among %v", name, r.fileNames())
	return nil
}

func (r ran) fileNames() []string {
	var out []string
	for _, a := range r.Attachments() {
		out = append(out, a.Name)
	}
	return out
}

func (r ran) says(t *testing.T, want string) ran {
	t.Helper()
	if r.err == nil || !strings.Contains(r.err.Error(), want) {
		t.Errorf("the error is %v\nand should say %q", r.err, want)
	}
	return r
}

func looks(s spec.Screenshot) spec.BrowserStep {
	s.Compare = true
	if s.Name == "" {
		s.Name = "page"
	}
	return spec.BrowserStep{Screenshot: &s}
}

const calm = `<style>body{margin:0;font:16px monospace}.box{width:100px;height:80px;background:#246}</style><h1>Shop</h1><div class=box></div>`

func TestScreenshotsAreCompared(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	r := s.against(t, calm, looks(spec.Screenshot{})).want(t, spec.OutcomeFailed).
		says(t, "nobody has accepted a picture for the screenshot page in "+word()+" at 400x300@1 yet; look at it and accept it with semantest review")
	if diff := cmp.Diff([]executors.Comparison{{
		Key:    executors.BaselineKey{Name: "page", Kind: spec.BaselineScreenshot, Browser: word(), Viewport: "400x300@1"},
		Status: spec.ComparisonNew, Actual: "page.png", Reason: "nobody has accepted a picture for the screenshot page in " + word() + " at 400x300@1 yet",
	}}, s.proposed); diff != "" {
		t.Errorf("proposed (-want +got):\n%s", diff)
	}
	s.accept(t, r)

	// The same page is as accepted, by another way to say so too.
	r = s.against(t, calm, looks(spec.Screenshot{}), expect(spec.Expect{Picture: &spec.Screenshot{Name: "page"}})).passes(t)
	if len(s.proposed) != 2 || s.proposed[0].Status != spec.ComparisonSame || s.proposed[0].DiffPixels != 0 {
		t.Errorf("proposed %+v", s.proposed)
	}
	if diff := cmp.Diff([]string{"page.png", "page-2.png"}, r.fileNames()); diff != "" {
		t.Errorf("attachments (-want +got):\n%s", diff)
	}
	s.proposed = nil

	// A box that is 2 pixels wider is not.
	changed := strings.Replace(calm, "width:100px", "width:102px", 1)
	r = s.against(t, changed, looks(spec.Screenshot{})).want(t, spec.OutcomeFailed).
		says(t, "the screenshot page is not as accepted: 160 pixels differ (0.13 %) within 2x80 at 100,")
	if len(s.proposed) != 1 {
		t.Fatalf("proposed %+v", s.proposed)
	}
	c := s.proposed[0]
	if c.Status != spec.ComparisonChanged || c.DiffPixels != 160 || c.DiffRatio != 160.0/(400*300) || c.Actual != "page.png" || c.Diff != "page-diff.png" || c.Against == "" {
		t.Errorf("proposed %+v", c)
	}
	if _, err := stdpng.Decode(bytes.NewReader(r.file(t, "page-diff.png"))); err != nil {
		t.Errorf("the picture of the differences: %v", err)
	}
	if !bytes.Equal(r.file(t, "page-baseline.png"), s.accepted[c.Key][0]) {
		t.Error("the accepted picture is not among the attachments")
	}
	steps := r.Steps()
	last := steps[len(steps)-1]
	if diff := cmp.Diff([]executors.Check{{Name: "screenshot page is as accepted", Expected: "no pixel differs", Actual: "160 pixels differ (0.13 %)",
		Message: strings.TrimPrefix(r.err.Error(), "step 2 (screenshot page): ")}}, last.Checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}

	// Unless the plan bears it, or a second variant is accepted.
	for name, how := range map[string]spec.Comparing{
		"pixels": {MaxDiffPixels: new(160)}, "ratio": {MaxDiffRatio: new(0.0014)}, "both": {MaxDiffPixels: new(200), MaxDiffRatio: new(0.002)},
		"threshold": {Threshold: new(0.95)},
		"area":      {Mask: []spec.Mask{{Rect: &spec.Area{X: 100, Y: 0, Width: 2, Height: 300}}}},
		"element":   {Mask: []spec.Mask{{Locator: css(".box")}}},
	} {
		if r := s.against(t, changed, looks(spec.Screenshot{Comparing: how})); r.outcome != spec.OutcomePassed {
			t.Errorf("with %s: %s, %v", name, r.outcome, r.err)
		}
	}
	for name, how := range map[string]spec.Comparing{
		"pixels": {MaxDiffPixels: new(159)}, "ratio": {MaxDiffRatio: new(0.0013)},
		"one of both": {MaxDiffPixels: new(200), MaxDiffRatio: new(0.001)}, "another element": {Mask: []spec.Mask{{Locator: css("h1")}}},
	} {
		if r := s.against(t, changed, looks(spec.Screenshot{Comparing: how})); r.outcome != spec.OutcomeFailed {
			t.Errorf("with %s: %s, %v", name, r.outcome, r.err)
		}
	}
	s.proposed = s.proposed[:1]
	s.accept(t, r)
	s.against(t, changed, looks(spec.Screenshot{})).passes(t)
	s.against(t, calm, looks(spec.Screenshot{})).passes(t)
}

// word is the browser's name in plans.
func word() string {
	if engine == "" {
		return "chromium"
	}
	return engine
}

func TestScreenshotsThatNobodyHasAccepted(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.against(t, calm, looks(spec.Screenshot{Comparing: spec.Comparing{Missing: "pass"}})).passes(t)
	if len(s.proposed) != 1 || s.proposed[0].Status != spec.ComparisonNew {
		t.Errorf("proposed %+v", s.proposed)
	}
	s.perform(t, []spec.BrowserStep{open(site.put(calm)), looks(spec.Screenshot{})}, func(t *executors.Task) { t.AcceptBaselines = true }).passes(t)
	s.perform(t, []spec.BrowserStep{open(site.put(calm)), looks(spec.Screenshot{})}, func(t *executors.Task) { t.Baselines = nil }).
		want(t, spec.OutcomeErrored).says(t, "the screenshot page cannot be compared: nobody keeps accepted pictures here")
	s.fault = errors.New("the shelf is away")
	s.against(t, calm, looks(spec.Screenshot{})).want(t, spec.OutcomeErrored).says(t, "the accepted pictures cannot be asked for: the shelf is away")
}

func TestAcceptedPicturesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	key := executors.BaselineKey{Name: "page", Kind: spec.BaselineScreenshot, Browser: word(), Viewport: "400x300@1"}
	s := &shelf{accepted: map[executors.BaselineKey][][]byte{key: {[]byte("no picture")}}}
	s.against(t, calm, looks(spec.Screenshot{})).want(t, spec.OutcomeErrored).
		says(t, "the screenshot page cannot be compared: the baseline cannot be read: not a valid PNG picture")
}

// TestSizesThatDiffer: the common part is compared and shown, and the sentence
// names both sizes.
func TestSizesThatDiffer(t *testing.T) {
	t.Parallel()
	page := func(height int) string {
		return fmt.Sprintf(`<style>body{margin:0}div{height:%dpx;background:linear-gradient(red,blue) top/100%% 800px no-repeat}</style><div></div>`, height)
	}
	s := &shelf{}
	whole := looks(spec.Screenshot{FullPage: true})
	s.accept(t, s.against(t, page(1000), whole))
	s.against(t, page(1000), whole).passes(t)
	s.proposed = nil
	r := s.against(t, page(1040), whole).want(t, spec.OutcomeFailed).
		says(t, "the screenshot page is not as accepted: its size is 400x1040, and 400x1000 was accepted; 16,000 pixels differ (3.85 %) within 400x40 at 0,1000")
	shown, err := stdpng.Decode(bytes.NewReader(r.file(t, "page-diff.png")))
	if err != nil || shown.Bounds().Size() != image.Pt(400, 1040) {
		t.Errorf("the picture of the differences is %v, %v", shown, err)
	}
	s.against(t, page(1040), looks(spec.Screenshot{FullPage: true, Comparing: spec.Comparing{MaxDiffRatio: new(0.04)}})).passes(t)
}

const restless = `<style>body{margin:0;font:16px monospace}
@keyframes turn{to{transform:rotate(360deg)}} .turns{width:60px;height:60px;background:conic-gradient(red,blue);animation:turn .7s linear infinite}
@keyframes come{from{opacity:0}to{opacity:1}} .comes{width:60px;height:60px;background:green;animation:come 20s forwards}
.goes{width:60px;height:20px;background:black;transition:width 20s} .wide{width:300px}</style>
<div class=turns></div><div class=comes></div><div class=goes></div><input id=field value=text autofocus>
<svg width=50 height=50><circle r=10 cx=25 cy=25><animate attributeName=r from=5 to=25 dur=.5s repeatCount=indefinite /></circle></svg>
<script>requestAnimationFrame(()=>requestAnimationFrame(()=>document.querySelector('.goes').classList.add('wide')))</script>`

// TestRestlessPagesAreHeldStill: animations end or have not begun, the cursor is
// hidden, and afterwards everything goes on.
func TestRestlessPagesAreHeldStill(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	steps := []spec.BrowserStep{click(css("#field")), looks(spec.Screenshot{})}
	r := s.against(t, restless, steps...)
	s.accept(t, r)
	for range 3 {
		s.against(t, restless, steps...).passes(t)
	}
	seen, err := stdpng.Decode(bytes.NewReader(r.file(t, "page.png")))
	if err != nil {
		t.Fatal(err)
	}
	// What ends is at its end: the bar is wide and the square is green.
	if red, green, _, _ := seen.At(30, 90).RGBA(); red != 0 || green>>8 != 0x80 {
		t.Errorf("the square that comes is %v", seen.At(30, 90))
	}
	if at := seen.At(290, 130); fmt.Sprint(at) != "{0 0 0 255}" {
		t.Errorf("the bar that grows is %v at 290", at)
	}
	// The one that turns does so again.
	s.against(t, restless+`<script>setInterval(() => { document.title = document.querySelector('.turns').getAnimations().map((a) => a.playState) + document.adoptedStyleSheets.length }, 20)</script>`,
		looks(spec.Screenshot{Name: "other", Comparing: spec.Comparing{Missing: "pass"}}),
		expect(spec.Expect{Title: &spec.Matcher{Equals: &spec.Value{V: "running0"}}})).passes(t)
	// Nothing is touched where the plan says so.
	s.against(t, restless, within(2*time.Second, looks(spec.Screenshot{Comparing: spec.Comparing{Animations: "allow"}}))).want(t, spec.OutcomeFailed)
}

// Its canvas shows other noise in each frame.
const clock = `<style>body{margin:0}#clock{position:absolute;left:20px;top:40px}</style><p>Now</p><canvas id=clock width=100 height=20></canvas>
<script>const c=clock.getContext('2d');(function tick(){for(let x=0;x<100;x+=4)for(let y=0;y<20;y+=4){c.fillStyle=Math.random()<.5?'black':'white';c.fillRect(x,y,4,4)}requestAnimationFrame(tick)})()</script>`

func TestPagesThatDoNotComeToRest(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	s.against(t, clock, within(1500*time.Millisecond, looks(spec.Screenshot{}))).want(t, spec.OutcomeFailed).
		says(t, "the page does not come to rest within").says(t, " pixels keep changing within ").says(t, "; mask what moves")
	// Masked, it is at rest, also where other noise was accepted.
	masked := looks(spec.Screenshot{Comparing: spec.Comparing{Mask: []spec.Mask{{Locator: css("#clock")}}}})
	r := s.against(t, clock, masked)
	s.accept(t, r)
	r = s.against(t, clock, masked).passes(t)
	for _, step := range r.Steps() {
		if v, ok := step.Detail["visual"].(map[string]any); ok && v["ignoredPixels"] != 2000 {
			t.Errorf("the detail is %v", v)
		}
	}
}

// TestMasksInPictures: where the picture begins, and what is not there.
func TestMasksInPictures(t *testing.T) {
	t.Parallel()
	page := func(colour string) string {
		return `<style>body{margin:0;height:2000px}p{position:absolute;margin:0;width:50px;height:50px;background:` + colour + `}</style>
<p style="left:10px;top:1100px"></p><p style="left:200px;top:1300px"></p><main style="position:absolute;top:1000px;width:400px;height:500px"></main>`
	}
	masks := spec.Comparing{Mask: []spec.Mask{{Locator: spec.Locator{CSS: "p", Nth: new(0)}}, {Locator: css("b")}, {Rect: &spec.Area{X: 190, Y: 290, Width: 100, Height: 100}}}}
	s := &shelf{}
	main := css("main")
	element := looks(spec.Screenshot{Name: "main", Element: &main, Comparing: masks})
	s.accept(t, s.against(t, page("red"), element))
	r := s.against(t, page("blue"), element).passes(t)
	if got := fmt.Sprint(r.Steps()[1].Detail["maskedNothing"]); got != "[b]" {
		t.Errorf("masked nothing: %s", got)
	}
	// Scrolled down, the viewport begins at 1000.
	scrolled := []spec.BrowserStep{{Scroll: &spec.Scroll{By: &spec.Point{Y: 1000}}}, looks(spec.Screenshot{Name: "view", Comparing: masks})}
	s.proposed = nil
	s.accept(t, s.against(t, page("red"), scrolled...))
	s.against(t, page("blue"), scrolled...).passes(t)
	whole := looks(spec.Screenshot{Name: "whole", FullPage: true, Comparing: spec.Comparing{Mask: []spec.Mask{{Locator: css("p")}}}})
	s.proposed = nil
	s.accept(t, s.against(t, page("red"), whole))
	s.against(t, page("blue"), whole).passes(t)
	s.against(t, page("red"), looks(spec.Screenshot{Comparing: spec.Comparing{Mask: []spec.Mask{{Locator: css("p[")}}}})).
		want(t, spec.OutcomeErrored).says(t, "a mask cannot be read:")
}

// TestPicturesWaitForImages: also for those that would only be loaded where
// somebody scrolls.
func TestPicturesWaitForImages(t *testing.T) {
	t.Parallel()
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="red"/></svg>`
	late := site.handle(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(700 * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, svg)
	})
	html := fmt.Sprintf(`<body style="margin:0"><script>onload=()=>{document.body.innerHTML='<img src="%s?1"><div style="height:5000px"></div><img loading=lazy src="%s?2">'}</script>`, late, late)
	s := &shelf{}
	r := s.against(t, html, looks(spec.Screenshot{FullPage: true}))
	seen, err := stdpng.Decode(bytes.NewReader(r.file(t, "page.png")))
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range []int{50, seen.Bounds().Dy() - 50} {
		if red, green, _, _ := seen.At(50, y).RGBA(); red>>8 != 255 || green != 0 {
			t.Errorf("the picture has %v at 50,%d", seen.At(50, y), y)
		}
	}
}

// TestStylesHoldWhileThePictureIsTaken, also where the page allows no inline
// styles and in shadow roots.
func TestStylesHoldWhileThePictureIsTaken(t *testing.T) {
	t.Parallel()
	path := site.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'none'")
		_, _ = io.WriteString(w, `<!doctype html><html lang=en><p class=x>hello</p><div><template shadowrootmode=open><p class=x>inside</p></template></div>`)
	})
	s := &shelf{}
	r := s.perform(t, []spec.BrowserStep{open(path), looks(spec.Screenshot{Comparing: spec.Comparing{Style: ".x { visibility: hidden }"}}),
		expect(spec.Expect{Visible: &spec.Locator{Text: "hello"}})}, func(task *executors.Task) { task.AcceptBaselines = true }).passes(t)
	seen, err := stdpng.Decode(bytes.NewReader(r.file(t, "page.png")))
	if err != nil {
		t.Fatal(err)
	}
	for y := range seen.Bounds().Dy() {
		for x := range seen.Bounds().Dx() {
			if fmt.Sprint(seen.At(x, y)) != "{255 255 255 255}" {
				t.Fatalf("something is drawn at %d,%d: %v", x, y, seen.At(x, y))
			}
		}
	}
}

// TestVisualCases: the short form, in several viewports.
func TestVisualCases(t *testing.T) {
	t.Parallel()
	path := site.put(calm + `<button onclick="document.querySelector('.box').style.background='red'">Red</button>`)
	plan, err := spec.Parse([]byte(`{version: "1", name: p, use: {screenshot: {maxDiffPixels: 3, missing: pass}}, cases: [{id: v, kind: visual, url: ` + path + `,
  viewports: [{width: 500, height: 400}, {width: 300, height: 600}], steps: [{click: {role: button, name: Red}}], picture: red}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{}
	for _, c := range plan.Expand() {
		one := task(c.BrowserSteps...)
		one.Case.Viewport, one.Use.Screenshot, one.Baselines = c.Viewport, plan.Use.Screenshot, s
		r := performTask(t, shared, one).passes(t)
		seen, err := stdpng.Decode(bytes.NewReader(r.file(t, "red.png")))
		if err != nil || seen.Bounds().Size() != image.Pt(c.Viewport.Width, c.Viewport.Height) {
			t.Errorf("the picture of %s is %v, %v", c.Key, seen.Bounds(), err)
		}
	}
	var got []string
	for _, c := range s.proposed {
		got = append(got, c.Key.Name+" "+c.Key.Viewport)
	}
	if diff := cmp.Diff([]string{"red 500x400@1", "red 300x600@1"}, got); diff != "" {
		t.Errorf("proposed (-want +got):\n%s", diff)
	}
}

// TestViewportSteps: a picture has a place of its own in each size.
func TestViewportSteps(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	accept := spec.Comparing{Missing: "pass"}
	s.against(t, calm, looks(spec.Screenshot{Comparing: accept}), spec.BrowserStep{Viewport: &spec.Viewport{Width: 320, Height: 500}},
		looks(spec.Screenshot{Comparing: accept})).passes(t)
	if len(s.proposed) != 2 || s.proposed[1].Key.Viewport != "320x500@1" || s.proposed[1].Actual != "page-2.png" {
		t.Errorf("proposed %+v", s.proposed)
	}
}
