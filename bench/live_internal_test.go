//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/bench/viewers"
)

// The frames of the comparison have the size of the promise.
func TestSampleFrame(t *testing.T) {
	t.Parallel()
	payload, err := samplePayload(1234)
	if err != nil {
		t.Fatal(err)
	}
	frame := textFrame(fmt.Sprintf(`{"id":"%s","type":"next","payload":%s}`, floorID, payload))
	if n := len(frame); n < 385 || n > 405 {
		t.Errorf("a frame has %d bytes, want about 395", n)
	}
	var got struct {
		Data struct{ RunEvents map[string]any }
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	// What the query selects is what the others are fed.
	_, selection, _ := strings.Cut(sampleQuery, "after: $after)")
	for _, field := range strings.Fields(strings.NewReplacer("{", " ", "}", " ", "total finished passed failed", "").Replace(selection)) {
		if _, ok := got.Data.RunEvents[field]; !ok {
			t.Errorf("the payload lacks %s, which the query selects", field)
		}
		delete(got.Data.RunEvents, field)
	}
	for field := range got.Data.RunEvents {
		t.Errorf("the payload has %s, which the query does not select", field)
	}
}

// The floor and the crowd understand one another.
func TestFloorServesACrowd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	in, tell := io.Pipe()
	hear, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveFloor(ctx, in, out) }()
	answers := bufio.NewScanner(hear)
	var where whereabouts
	if !answers.Scan() || json.Unmarshal(answers.Bytes(), &where) != nil {
		t.Fatalf("the floor said %q", answers.Text())
	}
	task := crowdTask{Where: where, Protocol: viewers.GraphQL, ID: floorID, RunID: "run_1"}
	s, err := openSource(ctx, task)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	g := &gathering{task: task, source: s}
	defer g.close()
	for _, o := range []order{
		{Do: "open", Viewers: 20},
		{Do: "paced", Rate: 100, For: 100 * time.Millisecond},
		{Do: "burst", Window: 2, For: 50 * time.Millisecond},
	} {
		d, err := g.obey(ctx, o)
		if err != nil {
			t.Fatalf("%s: %v", o.Do, err)
		}
		if d.Events < 1 || d.Messages != 20*int64(d.Events) || d.State.Reading != 20 || d.State.Lowest != d.LastEvent {
			t.Errorf("%s ended with %+v", o.Do, d)
		}
		if o.Do == "paced" && (d.Events != 10 || d.P95 <= 0 || d.Max < d.P95 || d.P95 < d.Median) {
			t.Errorf("%d events with %s, %s, %s", d.Events, d.Median, d.P95, d.Max)
		}
	}
	if _, err := g.obey(ctx, order{Do: "dance"}); err == nil {
		t.Error("an unknown order was obeyed")
	}
	if _, err := io.WriteString(tell, "usage\n"); err != nil {
		t.Fatal(err)
	}
	var f footprint
	if !answers.Scan() || json.Unmarshal(answers.Bytes(), &f) != nil || f.CPU <= 0 || f.RSS <= 0 || f.Sockets <= 20 {
		t.Errorf("the floor used %+v, from %q", f, answers.Text())
	}
	_ = tell.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestSlope(t *testing.T) {
	t.Parallel()
	line := func(n int, start, perSecond float64) (seen []sighting) {
		for i := range n {
			seen = append(seen, sighting{time.Duration(i) * time.Second, footprint{RSS: int64(start + perSecond*float64(i))}})
		}
		return seen
	}
	saw := line(101, 1000, 0)
	for i := range saw {
		saw[i].RSS += int64(50 * (1 - 2*(i%2)))
	}
	for name, tt := range map[string]struct {
		seen        []sighting
		slope, mean float64
	}{
		"nothing":   {},
		"one":       {line(1, 500, 3), 0, 500},
		"flat":      {line(100, 1e6, 0), 0, 1e6},
		"growing":   {line(11, 1000, 20), 20, 1100},
		"shrinking": {line(11, 1000, -20), -20, 900},
		"a saw":     {saw, 0, 1000.5},
	} {
		slope, mean := slopeOf(tt.seen)
		if math.Abs(slope-tt.slope) > 0.01 || math.Abs(mean-tt.mean) > 0.1 {
			t.Errorf("%s: slope %g and mean %g, want %g and %g", name, slope, mean, tt.slope, tt.mean)
		}
	}
}

func TestResident(t *testing.T) {
	t.Parallel()
	page := int64(os.Getpagesize())
	for in, want := range map[string]int64{"100 25 3 1 0 5 0\n": 25 * page, "1 0": 0} {
		if got, err := residentOf(in); err != nil || got != want {
			t.Errorf("%q is read as %d (%v), want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "100", "100 x 3"} {
		if got, err := residentOf(in); err == nil {
			t.Errorf("%q is read as %d", in, got)
		}
	}
}

// A ratio is judged by both loads, each by the median of its rounds.
func TestRatio(t *testing.T) {
	t.Parallel()
	round := func(paced, one time.Duration) showing {
		m := func(d time.Duration) measured { return measured{delivered{Messages: 10}, 10 * d} }
		return showing{paced: m(paced), one: m(one), eight: m(one)}
	}
	theirs := []showing{round(40, 40), round(80, 80), round(20, 20)}
	c := contender{name: "theirs", most: 0.25}
	for name, tt := range map[string]struct {
		ours []showing
		met  bool
		says string
	}{
		"within":           {[]showing{round(10, 8), round(16, 16), round(5, 4)}, true, "0.25 at 5 events/s, 0.20 back to back"},
		"one outlier":      {[]showing{round(4, 4), round(80, 80), round(2, 2)}, true, "0.10 at"},
		"above when paced": {[]showing{round(20, 4), round(40, 8), round(10, 2)}, false, "0.50 at"},
		"above in bursts":  {[]showing{round(4, 20), round(8, 40), round(2, 10)}, false, "0.50 back"},
	} {
		got := c.ratio(tt.ours, theirs)
		if got.met != tt.met || !strings.Contains(got.value, tt.says) {
			t.Errorf("%s: %s, met %t", name, got.value, got.met)
		}
	}
}

func TestSoakIsJudged(t *testing.T) {
	t.Parallel()
	flat := make([]sighting, 60)
	for i := range flat {
		flat[i] = sighting{time.Duration(i) * time.Second, footprint{RSS: 100 << 20, Sockets: soakViewers + 50}}
	}
	const healthy = soakViewers - soakStalled
	good := func() (delivered, delivered, []sighting, footprint) {
		d := delivered{Events: 10, Messages: 10 * healthy, State: viewers.State{Reading: healthy, Stalled: 900, Closed: map[int]int{resumable: 60, 1006: 40}}}
		again := delivered{State: viewers.State{Reading: healthy + 100, Stalled: 900}}
		return d, again, flat, footprint{Sockets: healthy + 50}
	}
	missed := func(d, again delivered, seen []sighting, last footprint) (out []int) {
		for i, r := range soakSection(time.Minute, d, again, seen, last).rows {
			if !r.met {
				out = append(out, i)
			}
		}
		return out
	}
	if got := missed(good()); got != nil {
		t.Errorf("a good one misses %v", got)
	}
	for name, tt := range map[string]struct {
		spoil func(d, again *delivered, seen []sighting, last *footprint)
		want  []int
	}{
		"memory grows":        {func(_, _ *delivered, seen []sighting, _ *footprint) { seen[59].RSS *= 3 }, []int{0}},
		"a reader is closed":  {func(d, _ *delivered, _ []sighting, _ *footprint) { d.State.Reading-- }, []int{1}},
		"a reader is short":   {func(d, _ *delivered, _ []sighting, _ *footprint) { d.Messages-- }, []int{1}},
		"the stalled stay":    {func(_, _ *delivered, _ []sighting, last *footprint) { last.Sockets += 900 }, []int{2}},
		"nobody is told":      {func(d, _ *delivered, _ []sighting, _ *footprint) { d.State.Closed = map[int]int{1006: 100} }, []int{3}},
		"another code":        {func(d, _ *delivered, _ []sighting, _ *footprint) { d.State.Closed[4400] = 1 }, []int{3}},
		"one does not resume": {func(_, again *delivered, _ []sighting, _ *footprint) { again.State.Closed = map[int]int{1006: 1} }, []int{4}},
	} {
		d, again, seen, last := good()
		seen = append([]sighting(nil), seen...)
		tt.spoil(&d, &again, seen, &last)
		if diff := cmp.Diff(tt.want, missed(d, again, seen, last)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestActorsTellWhatWentWrong(t *testing.T) {
	t.Parallel()
	lines := newLineReader()
	p, err := start(t.TempDir(), lines, "/bin/sh", "-c", `echo '{}'; read line; echo "no room" >&2; exit 3`)
	if err != nil {
		t.Fatal(err)
	}
	a := &actor{process: p, lines: lines}
	var ready map[string]any
	if err := a.answer(t.Context(), time.Minute, &ready); err != nil {
		t.Fatal(err)
	}
	_, err = a.footprint(t.Context(), "usage")
	if err == nil || !strings.Contains(err.Error(), "usage: the process ended: exit status 3: no room") {
		t.Errorf("ended with %v", err)
	}
	if err := a.stop(); err == nil {
		t.Error("a process that ended badly was stopped well")
	}
}

func TestObeyLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := obeyLines(t.Context(), strings.NewReader("usage\ncollect\n"), &out, nil); err != nil || strings.Count(out.String(), `"cpu":`) != 2 {
		t.Errorf("answered %q, %v", out.String(), err)
	}
	if err := obeyLines(t.Context(), strings.NewReader("dance\n"), &out, nil); err == nil {
		t.Error("an unknown line was obeyed")
	}
	broken := errors.New("broken")
	failed := make(chan error, 1)
	failed <- broken
	never, w := io.Pipe()
	defer func() { _ = w.Close() }()
	if err := obeyLines(t.Context(), never, &out, failed); !errors.Is(err, broken) {
		t.Errorf("ended with %v", err)
	}
}
