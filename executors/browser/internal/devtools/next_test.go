package devtools

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/google/go-cmp/cmp"
)

// TestWhatChromedpSees: nothing that a page can send a lot of gets into
// chromedp's queues, whether the page's session is known, unknown or ended.
func TestWhatChromedpSees(t *testing.T) {
	t.Parallel()
	input := []string{
		`{"method":"Runtime.consoleAPICalled","params":{},"sessionId":"known"}`,
		`{"method":"Runtime.consoleAPICalled","params":{},"sessionId":"unknown"}`,
		`{"id":1,"result":{"n":1}}`,
		`{"method":"Target.targetInfoChanged","params":{}}`,
		`{"id":1073741824,"result":{},"sessionId":"known"}`,
		`{"id":1073741825,"error":{"code":-32001,"message":"Session with given id not found."}}`,
		`{"method":"Target.detachedFromTarget","params":{"sessionId":"known"}}`,
		`{"method":"Runtime.consoleAPICalled","params":{},"sessionId":"known"}`,
		`{"id":2,"error":{"code":-32000,"message":"no"}}`,
	}
	var events []string
	c := &Conn{
		frames:   newFrameReader(io.NopCloser(strings.NewReader(strings.Join(input, "\x00")+"\x00")), maxFrame),
		sessions: map[target.SessionID]*Session{},
	}
	c.onEvent = func(e Event) { events = append(events, e.Method) }
	c.Attach("known", c.onEvent)
	var got []string
	for {
		m, err := c.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
		got = append(got, fmt.Sprintf("%d %s %v", m.ID, string(m.Result), m.Error))
	}
	if diff := cmp.Diff([]string{`1 {"n":1} <nil>`, "2  no (-32000)"}, got); diff != "" {
		t.Errorf("chromedp's messages (-want +got):\n%s", diff)
	}
	want := []string{"Runtime.consoleAPICalled", "Target.targetInfoChanged", "Target.detachedFromTarget"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestTooLargeAnswers: an answer over the limit fails its call and no other,
// on a page as well as on the browser.
func TestTooLargeAnswers(t *testing.T) {
	t.Parallel()
	fromBrowser, out := io.Pipe()
	in, toBrowser := io.Pipe()
	c := newConn(newFrameReader(fromBrowser, 1000), toBrowser, nil)
	commands := bufio.NewReader(in)
	s := c.Attach("S", nil)
	tests := []struct {
		name  string
		start func() *Pending
	}{
		{"page", func() *Pending { return s.Start(page.Enable.Method, page.EnableParams{}) }},
		{"browser", func() *Pending { return c.Root().Start(browser.GetVersion.Method, cdp.Empty{}) }},
	}
	for _, tt := range tests {
		for _, size := range []int{10_000, 10} {
			pending := tt.start()
			sent, err := commands.ReadBytes(0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(out, `{"id":%d,"result":{"x":%q}}`+"\x00", answeredID(sent), strings.Repeat("x", size)); err != nil {
				t.Fatal(err)
			}
			err = pending.Wait(t.Context(), nil)
			if large := size > 1000; large != (err != nil) || errors.Is(err, ErrLost) {
				t.Errorf("%s, %d bytes: %v", tt.name, size, err)
			}
			if err != nil && !strings.Contains(err.Error(), "the browser's answer is larger than") {
				t.Errorf("%s: the error is %v", tt.name, err)
			}
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
