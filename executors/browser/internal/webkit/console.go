package webkit

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

const (
	// maxEntry is how many bytes a line may have that is worth decoding.
	maxEntry = 1 << 20

	// maxRepeats bounds how often a line is told that is written again and again.
	maxRepeats = 1000
)

// onConsole tells of a line. One that is written again is told as often.
func (pg *Page) onConsole(params json.RawMessage) {
	if len(params) > maxEntry {
		pg.tell(driver.ConsoleDropped{})
		return
	}
	ev, ok := decode[struct {
		Message struct {
			Source, Level, Text, URL string
			Line, Column             int
			RepeatCount              int
			Parameters               []remoteObject
		}
	}](params)
	m := ev.Message
	// That there is no icon is no mistake of the page: the browser asks for it on
	// its own.
	if !ok || m.Source == "network" && strings.HasSuffix(m.URL, "/favicon.ico") {
		return
	}
	l := driver.ConsoleWritten{At: time.Now(), Level: levelOf(m.Level), Text: m.Text}
	switch {
	case m.Source == "console-api" && len(m.Parameters) > 0:
		parts := make([]string, len(m.Parameters))
		for i, p := range m.Parameters {
			parts[i] = p.String()
		}
		l.Text = strings.Join(parts, " ")
	case m.Source == "javascript" && m.Level == "error":
		l.Text = "Uncaught " + m.Text
		l.Exception = pg.browser.thrown.Add(1)
	}
	if m.URL != "" {
		l.Where = m.URL
		if m.Line > 0 {
			l.Where = fmt.Sprintf("%s:%d:%d", m.URL, m.Line, m.Column)
		}
	}
	pg.mu.Lock()
	pg.written = l
	pg.mu.Unlock()
	for range max(1, min(m.RepeatCount, maxRepeats)) {
		pg.tell(l)
	}
}

func (pg *Page) onRepeated() {
	pg.mu.Lock()
	l := pg.written
	pg.mu.Unlock()
	if l.Level != "" {
		l.At = time.Now()
		pg.tell(l)
	}
}

func levelOf(level string) string {
	switch level {
	case "error", "warning", "debug":
		return level
	}
	return "info"
}

// remoteObject is a value as the inspector tells it.
type remoteObject struct {
	Type        string          `json:"type"`
	Value       json.RawMessage `json:"value"`
	Description string          `json:"description"`
}

// String is a value as the console shows it.
func (o remoteObject) String() string {
	var text string
	switch {
	case o.Type == "string" && json.Unmarshal(o.Value, &text) == nil:
		return text
	case o.Description != "":
		return o.Description
	case len(o.Value) > 0:
		return string(o.Value)
	}
	return o.Type
}
