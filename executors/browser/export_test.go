package browser

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"

	browsercdp "github.com/semantest/semantest/executors/browser/internal/cdp"
	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/internal/spec"
)

// Folders lists the folders of the browsers that run now.
func Folders(e *Executor) []string {
	var out []string
	for _, inst := range instances(e) {
		out = append(out, inst.browser.Folder())
	}
	return out
}

func instances(e *Executor) []*instance {
	var out []*instance
	for _, p := range e.pools {
		out = append(out, p.instances()...)
	}
	return out
}

// PIDs lists the browsers that take cases now.
func PIDs(e *Executor) []int { return PIDsOf(e, "chromium") }

// PIDsOf lists those of one engine.
func PIDsOf(e *Executor, engine string) []int {
	p := e.pools[engine]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return nil
	}
	return []int{p.current.browser.PID()}
}

// CrashPages crashes the renderer of every page that shows something.
func CrashPages(e *Executor) error {
	return eachPage(e, func(ctx context.Context, conn *devtools.Conn, id target.ID) error {
		res, err := devtools.Call(ctx, conn.Root(), target.AttachToTarget, target.AttachToTargetParams{TargetID: id, Flatten: new(true)})
		if err == nil {
			devtools.Post(conn.Attach(res.SessionID, nil), cdppage.Crash, cdp.Empty{})
		}
		return err
	})
}

// ClosePages closes every page that shows something.
func ClosePages(e *Executor) error {
	return eachPage(e, func(ctx context.Context, conn *devtools.Conn, id target.ID) error {
		_, err := devtools.Call(ctx, conn.Root(), target.CloseTarget, target.CloseTargetParams{TargetID: id})
		return err
	})
}

// Pages counts the pages that the browser has open, popups too.
func Pages(t testing.TB, e *Executor) int {
	t.Helper()
	e.pool.mu.Lock()
	conn := e.pool.current.browser.(*browsercdp.Browser).Conn()
	e.pool.mu.Unlock()
	all, err := devtools.Call(context.Background(), conn.Root(), target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Error(err)
	}
	n := 0
	for _, info := range all.TargetInfos {
		if info.Type == "page" {
			n++
		}
	}
	return n
}

func eachPage(e *Executor, do func(context.Context, *devtools.Conn, target.ID) error) error {
	e.pool.mu.Lock()
	conn := e.pool.current.browser.(*browsercdp.Browser).Conn()
	e.pool.mu.Unlock()
	ctx := context.Background()
	all, err := devtools.Call(ctx, conn.Root(), target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		return err
	}
	n := 0
	for _, info := range all.TargetInfos {
		if info.Type != "page" || info.URL == "about:blank" {
			continue
		}
		if err := do(ctx, conn, info.TargetID); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return errors.New("there is no such page")
	}
	return nil
}

// Refusals tells what the pages of all browsers were refused, a line each.
func Refusals(e *Executor) string {
	var out strings.Builder
	for _, inst := range instances(e) {
		inst.mu.Lock()
		for pg := range inst.pages {
			for _, p := range pg.out.problems(0) {
				out.WriteString(p.Sentence + "\n")
			}
		}
		inst.mu.Unlock()
	}
	return out.String()
}

// ProxyURL is the address of the proxy by which pages go out.
func ProxyURL(e *Executor) *url.URL {
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	u, err := url.Parse(e.pool.way.URL())
	if err != nil {
		panic(err)
	}
	return u
}

// NewIsolating returns an executor whose browser keeps sites apart, as browsers
// with windows do.
func NewIsolating() *Executor {
	e := New(Options{})
	e.pool.engine = browsercdp.Engine{IsolateSites: true}
	return e
}

// RecordDriven records what drive does in the page.
func RecordDriven(ctx context.Context, r Recorder, drive func(ctx context.Context, do func(spec.BrowserStep) error) error) (*Recording, error) {
	r.files = fstest.MapFS{"cat.png": {Data: []byte("a cat")}}
	return r.record(ctx, drive)
}

// Weighing is a measurement of a browser with pages.
type Weighing struct {
	Bare, Used int64
	Pages      int
	Err        error
}

// Weigh measures, as the end of a case does, each time a while after the one before.
func Weigh(e *Executor, w Weighing, n int) {
	e.pool.room.weigh(1, w.Bare, w.Pages, time.Unix(int64(1000+10*n), 0))
}

// Cost is what a case is taken to cost; 0 before one was measured.
func Cost(e *Executor) int64 {
	e.pool.room.mu.Lock()
	defer e.pool.room.mu.Unlock()
	return e.pool.room.cost
}
