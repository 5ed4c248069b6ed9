package cdp

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// maxConsoleEvent is how many bytes an event may have that is worth decoding.
const maxConsoleEvent = 1 << 20

func (pg *Page) onConsole(e devtools.Event) {
	if pg.life.Err() != nil {
		return // what floods is not worth its decoding
	}
	if e.Size() > maxConsoleEvent {
		pg.tell(driver.ConsoleDropped{})
		return
	}
	switch e.Method {
	case runtime.ConsoleAPICalled.Method:
		if ev, ok := devtools.Decode(e, runtime.ConsoleAPICalled); ok {
			pg.tell(called(ev))
		}
	case runtime.ExceptionThrown.Method:
		if ev, ok := devtools.Decode(e, runtime.ExceptionThrown); ok && ev.ExceptionDetails != nil {
			pg.tell(thrown(ev.ExceptionDetails))
		}
	case runtime.ExceptionRevoked.Method:
		if ev, ok := devtools.Decode(e, runtime.ExceptionRevoked); ok {
			pg.tell(driver.ExceptionRevoked{Exception: ev.ExceptionID})
		}
	case log.EntryAdded.Method:
		// The browser asks for an icon on its own; that there is none is no
		// mistake of the page.
		if ev, ok := devtools.Decode(e, log.EntryAdded); ok && ev.Entry != nil && !strings.HasSuffix(ev.Entry.URL, "/favicon.ico") {
			pg.tell(driver.ConsoleWritten{At: time.Now(), Level: level(string(ev.Entry.Level)), Text: ev.Entry.Text, Where: ev.Entry.URL})
		}
	}
}

func called(ev runtime.EventConsoleAPICalled) driver.ConsoleWritten {
	parts := make([]string, 0, len(ev.Args))
	for _, a := range ev.Args {
		if a != nil {
			parts = append(parts, shown(a))
		}
	}
	l := driver.ConsoleWritten{At: time.Now(), Level: level(string(ev.Type)), Text: strings.Join(parts, " ")}
	if ev.StackTrace != nil && len(ev.StackTrace.CallFrames) > 0 {
		f := ev.StackTrace.CallFrames[0]
		l.Where = place(f.URL, f.LineNumber, f.ColumnNumber)
	}
	return l
}

func thrown(d *runtime.ExceptionDetails) driver.ConsoleWritten {
	return driver.ConsoleWritten{
		At: time.Now(), Level: "error", Text: firstLine(textOf(d)),
		Where: place(d.URL, d.LineNumber, d.ColumnNumber), Exception: d.ExceptionID,
	}
}

func textOf(d *runtime.ExceptionDetails) string {
	text := d.Text
	if d.Exception != nil {
		if what := shown(d.Exception); what != "" {
			text += " " + what
		}
	}
	return text
}

// firstLine leaves out the stack.
func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
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
