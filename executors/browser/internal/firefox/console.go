package firefox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// maxEntry is how many bytes a line may have that is worth decoding.
const maxEntry = 1 << 20

func (b *Browser) onLog(params json.RawMessage) {
	large := len(params) > maxEntry
	ev, ok := decode[struct {
		Type   string  `json:"type"`
		Method string  `json:"method"`
		Level  string  `json:"level"`
		Text   string  `json:"text"`
		Args   []value `json:"args"`
		Source struct {
			Context string `json:"context"`
		} `json:"source"`
		Stack struct {
			Frames []struct {
				URL    string `json:"url"`
				Line   int    `json:"lineNumber"`
				Column int    `json:"columnNumber"`
			} `json:"callFrames"`
		} `json:"stackTrace"`
	}](params)
	if !ok {
		return
	}
	b.mu.Lock()
	pg := b.contexts[ev.Source.Context].page
	b.mu.Unlock()
	switch {
	case pg == nil || pg.life.Err() != nil: // what floods is not worth its telling
		return
	case large:
		pg.tell(driver.ConsoleDropped{})
		return
	}
	l := driver.ConsoleWritten{At: time.Now(), Level: levelOf(ev.Level, ev.Method), Text: ev.Text}
	if ev.Type == "console" {
		parts := make([]string, len(ev.Args))
		for i, a := range ev.Args {
			parts[i] = a.String()
		}
		l.Text = strings.Join(parts, " ")
		if ev.Method == "assert" && l.Text == "" {
			l.Text = "assertion failed"
		}
	} else {
		l.Text = "Uncaught " + l.Text
		l.Exception = b.numbered.Add(1)
	}
	if f := ev.Stack.Frames; len(f) > 0 && f[0].URL != "" {
		l.Where = fmt.Sprintf("%s:%d:%d", f[0].URL, f[0].Line+1, f[0].Column+1)
	}
	pg.tell(l)
}

func levelOf(level, method string) string {
	switch {
	case level == "error", method == "assert":
		return "error"
	case level == "warn", level == "warning":
		return "warning"
	case level == "debug":
		return "debug"
	}
	return "info"
}

// value is a value as the protocol tells it.
type value struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// String is a value as the console shows it.
func (v value) String() string {
	switch v.Type {
	case "string":
		var s string
		if json.Unmarshal(v.Value, &s) == nil {
			return s
		}
	case "number":
		var s string // NaN, Infinity and -0 are told as texts
		if json.Unmarshal(v.Value, &s) == nil {
			return s
		}
		return string(v.Value)
	case "boolean":
		return string(v.Value)
	case "bigint":
		var s string
		if json.Unmarshal(v.Value, &s) == nil {
			return s + "n"
		}
	case "undefined", "null":
		return v.Type
	case "array", "object", "map", "set", "function", "error", "date", "regexp", "promise", "node", "window":
		if v.Type == "error" {
			return "Error"
		}
	}
	return strings.ToUpper(v.Type[:min(1, len(v.Type))]) + v.Type[min(1, len(v.Type)):]
}
