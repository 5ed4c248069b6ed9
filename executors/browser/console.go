package browser

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
)

const (
	maxConsoleLines = 500
	maxConsoleText  = 2000    // bytes of one line
	maxConsoleEvent = 1 << 20 // bytes of an event that is worth decoding
	maxConsoleFlood = 20_000  // lines of one case
)

// console keeps what the page wrote, and what went wrong in it.
type console struct {
	lines   []consoleLine
	dropped int
}

type consoleLine struct {
	at        time.Time
	level     string // debug, info, warning, error
	text      string
	where     string
	exception int64 // number of an uncaught exception, which may be revoked
}

func (l consoleLine) String() string {
	if l.where == "" {
		return l.text
	}
	return l.text + " (" + l.where + ")"
}

func (c *console) add(l consoleLine) {
	l.text, l.where = short(strings.TrimSpace(l.text), maxConsoleText), short(l.where, maxConsoleText)
	if len(c.lines) >= maxConsoleLines {
		// Errors decide about cases, so they push out chatter.
		i := -1
		if l.level == "error" {
			for n, old := range c.lines {
				if old.level != "error" {
					i = n
					break
				}
			}
		}
		c.dropped++
		if i < 0 {
			return
		}
		c.lines = append(c.lines[:i], c.lines[i+1:]...)
	}
	c.lines = append(c.lines, l)
}

func (c *console) revoke(exception int64) {
	for i, l := range c.lines {
		if l.exception == exception && exception != 0 {
			c.lines = append(c.lines[:i], c.lines[i+1:]...)
			return
		}
	}
}

// errors lists the lines that make a console unclean.
func (c *console) errors() []string {
	var out []string
	for _, l := range c.lines {
		if l.level == "error" {
			out = append(out, l.String())
		}
	}
	return out
}

// text is the log as people read it.
func (c *console) text() string {
	var b strings.Builder
	for _, l := range c.lines {
		fmt.Fprintf(&b, "%s %-7s %s\n", l.at.UTC().Format("15:04:05.000"), l.level, l)
	}
	if c.dropped > 0 {
		fmt.Fprintf(&b, "… and %d more lines that were not kept\n", c.dropped)
	}
	return b.String()
}

func (pg *page) onConsole(e devtools.Event) {
	if look(pg, func(s *state) int { return s.console.dropped }) > maxConsoleFlood {
		pg.runAway(fmt.Sprintf("wrote more than %d lines to the console", maxConsoleFlood))
		return
	}
	if e.Size() > maxConsoleEvent {
		pg.update(func(s *state) { s.console.dropped++ })
		return
	}
	switch e.Method {
	case runtime.ConsoleAPICalled.Method:
		if ev, ok := devtools.Decode(e, runtime.ConsoleAPICalled); ok {
			pg.update(func(s *state) { s.console.add(called(ev)) })
		}
	case runtime.ExceptionThrown.Method:
		if ev, ok := devtools.Decode(e, runtime.ExceptionThrown); ok && ev.ExceptionDetails != nil {
			pg.update(func(s *state) { s.console.add(thrown(ev.ExceptionDetails)) })
		}
	case runtime.ExceptionRevoked.Method:
		if ev, ok := devtools.Decode(e, runtime.ExceptionRevoked); ok {
			pg.update(func(s *state) { s.console.revoke(ev.ExceptionID) })
		}
	case log.EntryAdded.Method:
		// The browser asks for an icon on its own; that there is none is no
		// mistake of the page.
		if ev, ok := devtools.Decode(e, log.EntryAdded); ok && ev.Entry != nil && !strings.HasSuffix(ev.Entry.URL, "/favicon.ico") {
			pg.update(func(s *state) {
				s.console.add(consoleLine{at: time.Now(), level: level(string(ev.Entry.Level)), text: ev.Entry.Text, where: ev.Entry.URL})
			})
		}
	}
}

func called(ev runtime.EventConsoleAPICalled) consoleLine {
	parts := make([]string, 0, len(ev.Args))
	for _, a := range ev.Args {
		if a != nil {
			parts = append(parts, shown(a))
		}
	}
	l := consoleLine{at: time.Now(), level: level(string(ev.Type)), text: strings.Join(parts, " ")}
	if ev.StackTrace != nil && len(ev.StackTrace.CallFrames) > 0 {
		f := ev.StackTrace.CallFrames[0]
		l.where = place(f.URL, f.LineNumber, f.ColumnNumber)
	}
	return l
}

func thrown(d *runtime.ExceptionDetails) consoleLine {
	text := d.Text
	if d.Exception != nil {
		if what := shown(d.Exception); what != "" {
			text += " " + what
		}
	}
	first, _, _ := strings.Cut(text, "\n") // the rest is the stack
	return consoleLine{at: time.Now(), level: "error", text: first, where: place(d.URL, d.LineNumber, d.ColumnNumber), exception: d.ExceptionID}
}

// shown is a value as the console shows it.
func shown(o *runtime.RemoteObject) string {
	if len(o.Value) > 0 {
		var v any
		if json.Unmarshal([]byte(o.Value), &v) == nil {
			if s, ok := v.(string); ok {
				return s
			}
		}
		return string(o.Value)
	}
	if o.UnserializableValue != "" {
		return string(o.UnserializableValue)
	}
	if o.Description != "" {
		return o.Description
	}
	return string(o.Type)
}

func level(word string) string {
	switch word {
	case "error", "assert":
		return "error"
	case "warning", "warn":
		return "warning"
	case "debug", "verbose":
		return "debug"
	}
	return "info"
}

func place(url string, line, column int64) string {
	if url == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", url, line+1, column+1)
}
