package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of what a step shows of its time.
const (
	maxLines    = 50 // of the console
	maxRequests = 50
	maxArchive  = 16 << 20 // bytes of an archive that is read
)

// reelView is the steps of an attempt in pictures.
type reelView struct{ Cells []cellView }

// cellView is a step with what was shown before and after it; a picture that is
// not there is that of an earlier step, since nothing has changed.
type cellView struct {
	Number               int
	Name, Outcome, Label string
	Before, After        *fileView
}

// lineView is a line of the console.
type lineView struct{ At, Level, Text, Where string }

// requestView is what a page has asked for.
type requestView struct{ At, Method, URL, Status, Type, Duration, Outcome string }

// reelOf takes the pictures of steps out of an attempt's files. It returns nil
// where there are none.
func reelOf(a Attempt, b *budget) (*reelView, []Artifact) {
	frames := map[int][]fileView{}
	var rest []Artifact
	shown := 0
	for _, f := range a.Artifacts {
		if f.Kind != "frame" || imageType(f.Body) == "" {
			rest = append(rest, f)
			continue
		}
		if v := fileOf(f, b); v.Image != "" {
			frames[f.Step] = append(frames[f.Step], v)
			shown++
		}
	}
	if shown == 0 {
		return nil, rest
	}
	film := &reelView{}
	for _, s := range a.Steps {
		if s.StartedAt.IsZero() || s.Outcome == "skipped" {
			continue
		}
		c := cellView{Number: s.Index + 1, Name: oneLine(s.Name, lineMax), Outcome: string(s.Outcome), Label: label(s.Outcome)}
		for i, f := range frames[s.Index] {
			if strings.Contains(f.Name, "before") {
				c.Before = &frames[s.Index][i]
			} else {
				c.After = &frames[s.Index][i]
			}
		}
		film.Cells = append(film.Cells, c)
	}
	return film, rest
}

// times are the console and the requests of an attempt by the steps in whose
// time they fell.
type times struct {
	lines    map[int][]lineView
	requests map[int][]requestView
	read     []string // names of the files that they were read from
}

func timesOf(a Attempt) times {
	m := times{lines: map[int][]lineView{}, requests: map[int][]requestView{}}
	for _, f := range a.Artifacts {
		switch {
		case f.Kind == "console" && strings.Contains(f.ContentType, "ndjson") && m.readConsole(f.Body, a):
			m.read = append(m.read, f.Name)
		case f.Kind == "har" && m.readArchive(f.Body, a):
			m.read = append(m.read, f.Name)
		}
	}
	return m
}

// stepAt is the index of the step in whose time something fell: the last one
// that had begun, and the first for what came before.
func stepAt(a Attempt, at time.Time) int {
	found := -1
	for _, s := range a.Steps {
		if !s.StartedAt.IsZero() && s.Outcome != "skipped" && (found < 0 || !s.StartedAt.After(at)) {
			found = s.Index
		}
	}
	return found
}

func (m *times) readConsole(body []byte, a Attempt) bool {
	lines := bufio.NewScanner(bytes.NewReader(body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l struct {
			Time               time.Time
			Level, Text, Where string
		}
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			return false
		}
		at := stepAt(a, l.Time)
		if len(m.lines[at]) < maxLines {
			m.lines[at] = append(m.lines[at], lineView{since(a, l.Time), oneLine(l.Level, 20), clip(l.Text, valueMax), oneLine(l.Where, lineMax)})
		}
	}
	return lines.Err() == nil
}

func (m *times) readArchive(body []byte, a Attempt) bool {
	var archive struct {
		Log struct {
			Entries []struct {
				Started  time.Time `json:"startedDateTime"`
				Time     float64
				Request  struct{ Method, URL string }
				Response struct{ Status int }
				Type     string `json:"_resourceType"`
				Error    string `json:"_error"`
			}
		}
	}
	if len(body) > maxArchive || json.Unmarshal(body, &archive) != nil {
		return false
	}
	for _, e := range archive.Log.Entries {
		r := requestView{At: since(a, e.Started), Method: oneLine(e.Request.Method, 20), URL: oneLine(e.Request.URL, lineMax), Type: oneLine(e.Type, 40),
			Duration: short(time.Duration(e.Time * float64(time.Millisecond))), Status: fmt.Sprint(e.Response.Status), Outcome: "passed"}
		switch {
		case e.Error != "":
			r.Status, r.Outcome = oneLine(e.Error, 100), "failed"
		case e.Response.Status == 0:
			r.Status, r.Outcome = "no answer", "errored"
		case e.Response.Status >= 400:
			r.Outcome = "failed"
		}
		if at := stepAt(a, e.Started); len(m.requests[at]) < maxRequests {
			m.requests[at] = append(m.requests[at], r)
		}
	}
	return true
}

func since(a Attempt, at time.Time) string {
	return short(max(at.Sub(a.StartedAt), 0))
}

// linked leaves of a file the link: its text is told elsewhere, or is not for
// people.
func linked(v fileView, f Artifact, m times) fileView {
	if f.Kind == "dom" || f.Kind == "har" || slices.Contains(m.read, f.Name) {
		v.Text = ""
	}
	return v
}
