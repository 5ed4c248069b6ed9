package cdp

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// maxTraceText bounds a trace as text, which the browser's own buffer does
// roughly.
const maxTraceText = 1 << 30

// traceEvent is what must be known of an event to tell whose it is.
type traceEvent struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
	Args struct {
		Name string `json:"name"` // of a process or thread
		Data struct {
			Frame string `json:"frame"`
		} `json:"data"`
	} `json:"args"`
}

// ownTrace leaves in a trace only the processes that show the frames. The
// browser traces all of its pages, and others may be of another case, whose
// addresses are nobody else's business.
func ownTrace(zipped []byte, frames map[string]bool, limit int) ([]byte, error) {
	renderers, own := map[int]bool{}, map[int]bool{}
	err := eachTraceEvent(zipped, func(e traceEvent, _ json.RawMessage) error {
		if e.Name == "process_name" && e.Args.Name == "Renderer" {
			renderers[e.PID] = true
		}
		if frames[e.Args.Data.Frame] {
			own[e.PID] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	sep := `{"traceEvents":[`
	err = eachTraceEvent(zipped, func(e traceEvent, raw json.RawMessage) error {
		if !own[e.PID] || !renderers[e.PID] {
			return nil
		}
		_, err := io.WriteString(zip, sep+"\n")
		if err == nil {
			_, err = zip.Write(raw)
		}
		if sep = ","; err == nil && out.Len() > limit {
			err = driver.ErrTooLarge
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if sep != "," {
		return nil, errors.New("the browser measured nothing of the page")
	}
	_, err = io.WriteString(zip, "\n],\"displayTimeUnit\":\"ms\"}\n")
	err = errors.Join(err, zip.Close())
	return out.Bytes(), err
}

// eachTraceEvent calls back with each event of a trace.
func eachTraceEvent(zipped []byte, f func(traceEvent, json.RawMessage) error) error {
	zip, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return fmt.Errorf("reading the trace: %w", err)
	}
	dec := json.NewDecoder(io.LimitReader(zip, maxTraceText))
	for key := ""; key != "traceEvents"; {
		t, err := dec.Token()
		if err != nil {
			return fmt.Errorf("reading the trace: %w", err)
		}
		key, _ = t.(string)
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("reading the trace: %w", err)
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("reading the trace: %w", err)
		}
		var e traceEvent
		// An event of another form is of nobody, and is left out.
		if json.Unmarshal(raw, &e) != nil {
			e = traceEvent{}
			_ = json.Unmarshal(raw, &struct { // a frame or a name that is no text
				PID *int `json:"pid"`
			}{&e.PID})
		}
		if err := f(e, raw); err != nil {
			return err
		}
	}
	return nil
}
