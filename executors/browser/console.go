package browser

import (
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	maxConsoleLines = 500
	maxConsoleText  = 2000   // bytes of one line
	maxConsoleFlood = 20_000 // lines of one case
)

// console keeps what the page wrote, and what went wrong in it.
type console struct {
	lines    []consoleLine
	dropped  int
	document int // number of the document that writes
}

type consoleLine struct {
	at        time.Time
	level     string // debug, info, warning, error
	text      string
	where     string
	exception int64 // number of an uncaught exception, which may be revoked
	document  int   // that wrote it
}

func (l consoleLine) String() string {
	if l.where == "" {
		return l.text
	}
	return l.text + " (" + l.where + ")"
}

func (c *console) add(l consoleLine) {
	l.document = c.document
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

// fresh counts the errors of the document that is shown.
func (c *console) fresh() int {
	n := 0
	for _, l := range c.lines {
		if l.level == "error" && l.document == c.document {
			n++
		}
	}
	return n
}

// exceptions lists those that nobody has caught.
func (c *console) exceptions() []string {
	var out []string
	for _, l := range c.lines {
		if l.exception != 0 {
			out = append(out, l.String())
		}
	}
	return out
}

func (pg *page) onConsole(p driver.Page, e driver.Event) {
	if look(pg, func(s *state) int { return s.console.dropped }) > maxConsoleFlood {
		pg.runAway(p, fmt.Sprintf("wrote more than %d lines to the console", maxConsoleFlood))
		return
	}
	pg.update(func(s *state) {
		switch e := e.(type) {
		case driver.ConsoleWritten:
			s.console.add(consoleLine{at: e.At, level: e.Level, text: e.Text, where: e.Where, exception: e.Exception})
		case driver.ConsoleDropped:
			s.console.dropped++
		case driver.ExceptionRevoked:
			s.console.revoke(e.Exception)
		}
	})
}
