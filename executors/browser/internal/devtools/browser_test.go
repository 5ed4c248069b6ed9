package devtools_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

// TestNumbers: an answer belongs to one command, although both chromedp and the
// sessions number theirs.
func TestNumbers(t *testing.T) {
	p := connect(t, nil)
	s := p.conn.Attach("S", nil)
	ofBrowser := p.conn.Root().Start(browser.GetVersion.Method, cdp.Empty{})
	a := p.read()
	ofPage := s.Start(page.Navigate.Method, page.NavigateParams{})
	b := p.read()
	const last = 1<<31 - 1 // the browser takes no number beyond
	if a.SessionID != "" || b.SessionID != "S" || a.ID >= b.ID || b.ID < 1<<30 || b.ID > last {
		t.Fatalf("sent %+v, %+v", a, b)
	}
	p.write(`{"id":%d,"sessionId":"S","result":{"frameId":"F"}}`, b.ID)
	p.write(`{"id":%d,"result":{"product":"P"}}`, a.ID)
	var nav page.NavigateResult
	if err := ofPage.Wait(t.Context(), &nav); err != nil || nav.FrameID != "F" {
		t.Errorf("the page: %+v, %v", nav, err)
	}
	var v browser.GetVersionResult
	if err := ofBrowser.Wait(t.Context(), &v); err != nil || v.Product != "P" {
		t.Errorf("the browser: %+v, %v", v, err)
	}
}

// TestOrderOfEvents: windows come before they go, and both before an answer
// that was sent after them.
func TestOrderOfEvents(t *testing.T) {
	var got, want []string
	p := connect(t, func(e devtools.Event) { got = append(got, e.Method) })
	pending := p.conn.Root().Start(browser.GetVersion.Method, cdp.Empty{})
	c := p.read()
	for n := range 1000 {
		for _, method := range []string{target.TargetCreated.Method, target.TargetDestroyed.Method} {
			want = append(want, method)
			p.write(`{"method":%q,"params":{"targetId":"T%d"}}`, method, n)
		}
	}
	p.write(`{"id":%d,"result":{}}`, c.ID)
	if err := pending.Wait(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestBrowserThatReadsNothing: who asks it is told, and does not wait for ever.
func TestBrowserThatReadsNothing(t *testing.T) {
	p := connect(t, nil)
	s := p.conn.Attach("S", nil)
	// A command is longer than what is read of it, so the writing stands still.
	devtools.Post(s, page.Navigate, page.NavigateParams{URL: strings.Repeat("x", 100_000)})
	if _, err := p.in.Peek(1); err != nil {
		t.Fatal(err)
	}
	for range 1 << 16 {
		devtools.Post(s, page.Enable, page.EnableParams{})
	}
	_, err := devtools.Call(t.Context(), p.conn.Root(), browser.GetVersion, cdp.Empty{})
	if !errors.Is(err, devtools.ErrLost) {
		t.Errorf("got %v", err)
	}
}

// TestNameThatComesTwice: what a page may have made up does not end the
// connection.
func TestNameThatComesTwice(t *testing.T) {
	got := make(chan string, 1)
	p := connect(t, nil)
	s := p.conn.Attach("S", func(e devtools.Event) { got <- e.Method })
	p.write(`{"method":"X.y","params":{"\ud800":1,"\ud801":2},"sessionId":"S"}`)
	if g := <-got; g != "X.y" {
		t.Errorf("got %q", g)
	}
	pending := s.Start(page.Enable.Method, page.EnableParams{})
	p.write(`{"id":%d,"result":{},"sessionId":"S"}`, p.read().ID)
	if err := pending.Wait(t.Context(), nil); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPostToTheBrowser(t *testing.T) {
	p := connect(t, nil)
	devtools.Post(p.conn.Root(), target.CloseTarget, target.CloseTargetParams{TargetID: "T"})
	if diff := cmp.Diff(`{"targetId":"T"}`, string(p.read().Params)); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	// Nobody answers, and nobody waits: Close must end what is under way.
	for n := range 10 {
		devtools.Post(p.conn.Root(), target.CloseTarget, target.CloseTargetParams{TargetID: target.ID(fmt.Sprint(n))})
	}
	if err := p.conn.Close(); err != nil {
		t.Error(err)
	}
	devtools.Post(p.conn.Root(), target.CloseTarget, target.CloseTargetParams{TargetID: "late"})
}
