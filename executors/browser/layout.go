package browser

import (
	"context"
	"net/url"
	"time"

	"github.com/semantest/semantest/executors"
)

// layoutLimit bounds how long a page is asked for its layout. It is told beside
// what the step is about, and fails nothing.
const layoutLimit = 2 * time.Second

// laidOut tells it beside what became of a picture.
func (st *step) laidOut(err error) error {
	if st.ctx.Err() == nil && st.page.gone.Err() == nil {
		st.layout()
	}
	return err
}

// layout tells how the page is laid out and what its console holds, as metrics by
// which it is judged: by how many pixels it is wider than its window, and how many
// images, texts and lines of the console are not as they should be.
func (st *step) layout() {
	ctx, cancel := context.WithTimeout(st.ctx, layoutLimit)
	defer cancel()
	var found struct {
		Overflow float64 `json:"overflow"`
		Clipped  float64 `json:"clipped"`
		Broken   float64 `json:"broken"`
	}
	if _, err := st.page.Call(ctx, "layout", nil, &found); err != nil {
		st.report.Set("layout", "the page did not tell how it is laid out: "+oneLine(err.Error()))
		return
	}
	type seen struct {
		address string
		errors  int
	}
	now := look(st.page, func(s *state) seen { return seen{s.url, s.console.fresh()} })
	tags := map[string]string{"page": st.task.Scope.Mask(pathOf(now.address))}
	for _, m := range []executors.Metric{
		{Name: "layout_overflow", Unit: "px", Value: found.Overflow},
		{Name: "layout_broken_images", Unit: "1", Value: found.Broken},
		{Name: "layout_clipped", Unit: "1", Value: found.Clipped},
		{Name: "console_errors", Unit: "1", Value: float64(now.errors)},
	} {
		m.Tags, m.At = tags, time.Now()
		st.sink.Emit(m)
	}
}

// pathOf is what names a page whatever it was asked for.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.EscapedPath() == "" {
		return "/"
	}
	return short(u.EscapedPath(), maxConsoleText)
}
