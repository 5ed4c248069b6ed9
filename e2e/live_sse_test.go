package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	stream := openStream(t, api, id)
	app.open("/door", all)
	stream.end(t)
	evs := follow(t, api.Client, id)
	assertEvents(t, evs, cases)
	assertNumbers(t, stream.numbers, len(evs))
	if !stream.completed {
		t.Error("the stream of a run that has ended was not completed")
	}
}

// streamReader reads server-sent events until the stream ends.
type streamReader struct {
	lines     *bufio.Scanner
	numbers   []int64
	completed bool
}

// openStream subscribes to the events of a run over server-sent events.
func openStream(t testing.TB, s *server, id string) *streamReader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	body, err := json.Marshal(map[string]any{"query": numbersQuery, "variables": map[string]any{"id": id, "after": 0}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("the server answers %d %s", res.StatusCode, got)
	}
	return &streamReader{lines: bufio.NewScanner(res.Body)}
}

// end reads until the stream ends.
func (r *streamReader) end(t testing.TB) {
	t.Helper()
	event := ""
	for r.lines.Scan() {
		line := r.lines.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = name
			r.completed = r.completed || name == "complete"
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && event == "next" {
			var item struct{ Data json.RawMessage }
			if err := json.Unmarshal([]byte(data), &item); err != nil {
				t.Fatalf("the stream holds %q: %v", line, err)
			}
			r.numbers = append(r.numbers, numberOf(t, item.Data))
		}
	}
}
