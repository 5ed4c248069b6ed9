package browser

import (
	"context"
	"errors"
	"slices"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// site is the document in which an element is looked for.
type site struct {
	doc       driver.Document   // empty: the page's own, whichever is shown
	frames    []driver.Document // those that hold the frames on the way to it, from the page inwards
	concealed bool              // one of the frames cannot be seen
}

// reach goes through the frames that a locator names. Where one is not there or
// not the only one, it says so. The budget, in milliseconds, is for each frame.
// It returns driver.ErrNavigated when a document was replaced meanwhile.
func (st *step) reach(l spec.Locator, budget int64) (site, *prepared, error) {
	var s site
	if l.Frame == nil {
		return s, nil, nil
	}
	var way []spec.Locator
	for f := l.Frame; f != nil; f = f.Frame {
		way = append(way, *f)
	}
	frames, ok := driver.Power[driver.Frames](st.page.Page)
	if !ok {
		return s, nil, errors.New("the browser does not reach into frames")
	}
	for _, f := range slices.Backward(way) {
		var p struct {
			prepared
			Visible bool `json:"visible"`
		}
		if err := st.callAt(&s, "enter", map[string]any{"locator": wire(f), "budget": budget}, &p); err != nil {
			return s, nil, err
		}
		if !p.Ready {
			if p.part = partOf(f, p.Depth); p.part == "" {
				p.part = meant(f)
			}
			return s, &p.prepared, nil
		}
		s.frames = append(s.frames, s.doc)
		s.concealed = s.concealed || !p.Visible
		ctx, cancel := context.WithTimeout(st.ctx, slice)
		inner, err := frames.FrameIn(ctx, s.doc)
		cancel()
		if err != nil && st.late(err) && st.ctx.Err() == nil {
			return s, &prepared{Why: "its document does not come", Element: p.Element, part: meant(f)}, nil
		}
		if err != nil {
			return s, nil, err
		}
		s.doc = inner
	}
	return s, nil, nil
}

// callAt calls the agent in a document. Where it is the page's own, it names it.
func (st *step) callAt(s *site, fn string, arg map[string]any, result any) error {
	if s.concealed {
		arg["concealed"] = true
	}
	if s.doc == "" {
		arg = st.foretold(arg)
	}
	if s.doc != "" {
		return st.page.CallIn(st.ctx, s.doc, fn, arg, result)
	}
	doc, err := st.page.Call(st.ctx, fn, arg, result)
	if err == nil {
		s.doc = doc
	}
	return err
}

// ask calls the agent where a locator's element is to be, again in the next
// document when one is replaced. It answers with what is lacking on the way.
func (st *step) ask(l spec.Locator, fn string, arg map[string]any, result any) (*prepared, error) {
	for {
		s, lack, err := st.reach(l, 0)
		if err == nil && lack == nil {
			arg["locator"] = wire(l)
			err = st.callAt(&s, fn, arg, result)
		}
		if !errors.Is(err, driver.ErrNavigated) || st.over() {
			return lack, err
		}
	}
}

// outwards leads a point of a frame's document to the page's, through all the
// frames around it, once it can be reached there.
func (st *step) outwards(p prepared, kind string) (prepared, error) {
	in := p
	x, y := p.X, p.Y
	if kind == "shot" {
		x, y = p.ViewX, p.ViewY
	}
	for _, doc := range slices.Backward(p.frames) {
		var to struct {
			prepared
			ScaleX  float64 `json:"scaleX"`
			ScaleY  float64 `json:"scaleY"`
			ScrollX float64 `json:"scrollX"`
			ScrollY float64 `json:"scrollY"`
		}
		if err := st.page.CallIn(st.ctx, doc, "through", map[string]any{"x": x, "y": y, "kind": kind}, &to); err != nil {
			return p, err
		}
		if !to.Ready {
			return st.back(in, to.Why)
		}
		x, y = to.X, to.Y
		p.Width, p.Height = p.Width*to.ScaleX, p.Height*to.ScaleY
		p.X, p.Y = x, y
		if kind == "shot" {
			p.X, p.Y = x+to.ScrollX, y+to.ScrollY
		}
	}
	return p, nil
}

// back takes away what was prepared, since the frames around it are not ready.
func (st *step) back(p prepared, why string) (prepared, error) {
	if _, err := st.disarm(p); err != nil {
		return p, err
	}
	p.Ready, p.Why = false, why
	return p, nil
}

// seen is what became of a click.
type seen struct {
	Seen  bool   `json:"seen"`
	Hit   bool   `json:"hit"`
	By    string `json:"by"`
	Moved bool   `json:"moved"` // it has set out meanwhile

	Checked *bool `json:"checked"` // what was aimed at, by then; nil where it is neither or is gone
}

// why says what kept a click from what it was aimed at.
func (s seen) why() string {
	if s.Moved {
		return "it keeps moving"
	}
	return "it is covered by " + s.By
}

// disarm ends the guard of a click, in all documents that it goes through.
func (st *step) disarm(p prepared) (seen, error) {
	var got seen
	if err := st.page.CallIn(st.ctx, p.doc, "disarm", nil, &got); err != nil {
		return got, err
	}
	for _, doc := range p.frames {
		var outer seen
		if err := st.page.CallIn(st.ctx, doc, "disarm", nil, &outer); err != nil {
			return got, err
		}
		if !got.Seen && outer.Seen && !outer.Hit {
			got = outer
		}
	}
	return got, nil
}
