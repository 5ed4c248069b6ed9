//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// What people who look at the dashboard were promised.
const (
	dashboardScript      = 250 << 10 // bytes of the first route's script, gzipped
	dashboardLCP         = 1500.0    // ms
	dashboardCLS         = 0.02
	dashboardInteraction = 100.0 // ms
	dashboardFrames      = 30
	dashboardEvents      = 200.0 // a second
	dashboardGrowth      = 1.1   // of the heap over an hour
)

// dashboardTask is what frontend/e2e/figures.mjs is asked.
type dashboardTask struct {
	URL     string `json:"url"`
	Token   string `json:"token"`
	Browser string `json:"browser"`
	Loads   int    `json:"loads"`
	Hour    int    `json:"hour"` // seconds that are simulated
	RunID   string `json:"runId"`
	Paused  string `json:"paused"` // a run that does not end by itself
	Cases   int    `json:"cases"`
}

// dashboardFigures is its answer. Times are in ms, sizes in bytes.
type dashboardFigures struct {
	Script       int                `json:"script"`
	LCP          []float64          `json:"lcp"`
	CLS          []float64          `json:"cls"`
	Seconds      float64            `json:"seconds"`
	Frames       []int              `json:"frames"` // of each second
	Longest      float64            `json:"longest"`
	Rows         int                `json:"rows"`
	Interactions map[string]float64 `json:"interactions"`
	Memory       struct {
		Start    dashboardHeap `json:"start"`
		Middle   dashboardHeap `json:"middle"`
		End      dashboardHeap `json:"end"`
		Messages int           `json:"messages"`
	} `json:"memory"`
}

// dashboardHeap is the heap of a page, in bytes, and what of it is not compiled code.
type dashboardHeap struct {
	All  float64 `json:"all"`
	Data float64 `json:"data"`
}

// runDashboard measures the pages in a real browser against the real server.
func runDashboard(ctx context.Context, b *bench) (_ *section, err error) {
	if _, err := os.Stat("frontend/dist/index.html"); err != nil {
		return nil, errors.New("the web pages are not built: type make frontend")
	}
	cases := b.times(5000, 500)
	s, t, err := b.pair(ctx, "--api-slots", strconv.Itoa(dashboardSlots))
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	task := dashboardTask{URL: s.url, Token: s.token, Browser: chromiumOf(), Loads: b.times(5, 2), Hour: b.times(3600, 360), Cases: cases}
	if task.RunID, err = s.startPaused(ctx, dashboardPlan(cases), t.url); err != nil {
		return nil, err
	}
	if task.Paused, err = s.startPaused(ctx, dashboardPlan(200), t.url); err != nil {
		return nil, err
	}
	found, err := askFigures(ctx, task, func() error { return s.resume(ctx, task.RunID) })
	if err != nil {
		return nil, err
	}
	return dashboardSection(found, cases), nil
}

// dashboardSlots is how many cases are under way at once: with what each of them
// waits, a little more than 200 events come in a second.
const dashboardSlots = 24

// dashboardPlan has cases that take a moment, so that some 200 events a second
// come of them: each case has one of its beginning and one of its end.
func dashboardPlan(cases int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "version: \"1\"\nname: %d cases\nuse: {parallel: %d}\ncases:\n", cases, dashboardSlots)
	const values = 50 // of the matrix, which makes a case of each
	for i := range cases / values {
		fmt.Fprintf(&out, "  - {id: case.%d, name: Case %d, kind: api, matrix: {n: [%s]}, steps: [{wait: 200ms}, {http: /}]}\n", i, i, numbers(values))
	}
	return out.String()
}

func numbers(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i)
	}
	return strings.Join(out, ", ")
}

// startPaused starts a run that performs nothing yet.
func (s *server) startPaused(ctx context.Context, plan, target string) (string, error) {
	id, err := s.client.StartRun(ctx, client.Start{Source: plan, Variables: map[string]string{"BASE_URL": target}})
	if err != nil {
		return "", fmt.Errorf("start the run: %w", err)
	}
	var out struct {
		PauseRun struct{ Run struct{ ID string } }
	}
	return id, s.client.Do(ctx, `mutation($id: ID!) { pauseRun(input: {id: $id}) { run { id } } }`, map[string]any{"id": id}, &out)
}

func (s *server) resume(ctx context.Context, id string) error {
	var out struct {
		ResumeRun struct{ Run struct{ ID string } }
	}
	return s.client.Do(ctx, `mutation($id: ID!) { resumeRun(input: {id: $id}) { run { id } } }`, map[string]any{"id": id}, &out)
}

// askFigures lets the browser look, and calls begin when it does.
func askFigures(ctx context.Context, task dashboardTask, begin func() error) (out dashboardFigures, err error) {
	text, err := json.Marshal(task)
	if err != nil {
		return out, fmt.Errorf("write the task: %w", err)
	}
	cmd := exec.CommandContext(ctx, "node", "e2e/figures.mjs", string(text)) //nolint:gosec // our own script
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = "frontend", os.Stderr, 10*time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	in, err := cmd.StdinPipe()
	if err != nil {
		return out, fmt.Errorf("speak to node: %w", err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return out, fmt.Errorf("listen to node: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return out, fmt.Errorf("start node: %w", err)
	}
	defer together(&err, cmd.Wait)
	lines := bufio.NewReader(answers)
	if _, err := lines.ReadBytes('\n'); err != nil { // watching
		return out, fmt.Errorf("wait for the page of the run: %w", err)
	}
	if err := begin(); err != nil {
		return out, err
	}
	if _, err := io.WriteString(in, "begin\n"); err != nil {
		return out, fmt.Errorf("tell the page that the run goes on: %w", err)
	}
	if err := in.Close(); err != nil { // there are no further orders
		return out, fmt.Errorf("end the orders: %w", err)
	}
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return out, fmt.Errorf("wait for the figures: %w", err)
	}
	if err := json.Unmarshal(line, &out); err != nil {
		return out, fmt.Errorf("read the figures: %w", err)
	}
	return out, nil
}

// chromiumOf is the browser of this machine, as the tests look for it.
func chromiumOf() string {
	for _, path := range []string{os.Getenv("SEMANTEST_BROWSER"), "/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(path); path != "" && err == nil { //nolint:gosec // named by whoever measures
			return path
		}
	}
	return ""
}

func dashboardSection(f dashboardFigures, cases int) *section {
	slowest, what := 0.0, ""
	acts := table{title: "Each interaction, by Event Timing (below 16 ms none is told):", header: []string{"Interaction", "Longest, ms"}}
	for _, name := range sortedNames(f.Interactions) {
		ms := f.Interactions[name]
		if ms >= slowest {
			slowest, what = ms, name
		}
		said := fmt.Sprintf("%.0f", ms)
		if ms == 0 {
			said = "< 16"
		}
		acts.rows = append(acts.rows, []string{name, said})
	}
	frames := slices.Sorted(slices.Values(f.Frames))
	fewest, middle := 0, 0
	if len(frames) > 0 {
		fewest, middle = frames[0], frames[len(frames)/2]
	}
	rate := float64(2*cases) / max(f.Seconds, 1e-9)
	growth := f.Memory.End.Data / max(f.Memory.Start.Data, 1)
	mib := func(of func(dashboardHeap) float64) string {
		return fmt.Sprintf("%.1f – %.1f – %.1f MiB", of(f.Memory.Start)/(1<<20), of(f.Memory.Middle)/(1<<20), of(f.Memory.End)/(1<<20))
	}
	return &section{
		rows: []row{
			{"script of the first route, gzipped", fmt.Sprintf("%d KiB", f.Script>>10), "≤ 250 KiB", f.Script <= dashboardScript},
			{"LCP of the first route", fmt.Sprintf("median %.0f ms, max %.0f ms (n=%d)", middleOf(f.LCP), slices.Max(f.LCP), len(f.LCP)), "median ≤ 1.5 s", middleOf(f.LCP) <= dashboardLCP},
			{"CLS of the first route", fmt.Sprintf("max %.4f", slices.Max(f.CLS)), "≤ 0.02", slices.Max(f.CLS) <= dashboardCLS},
			{fmt.Sprintf("slowest interaction on the page of %d cases", cases), fmt.Sprintf("%.0f ms (%s)", slowest, what), "≤ 100 ms", slowest <= dashboardInteraction},
			{"rows of the list in the page", fmt.Sprint(f.Rows), "", false},
			{fmt.Sprintf("frames a second while %.0f events a second came, none lost", rate), fmt.Sprintf("median %d, fewest %d; longest gap %.0f ms", middle, fewest, f.Longest), "fewest ≥ 30 at 200 events/s", fewest >= dashboardFrames && rate >= dashboardEvents},
			{fmt.Sprintf("what the page holds over an hour of a run, %d messages, start – middle – end", f.Memory.Messages), mib(func(h dashboardHeap) float64 { return h.Data }), "end ≤ 1.1 × start", growth <= dashboardGrowth},
			{"its whole heap with the code that the engine compiled", mib(func(h dashboardHeap) float64 { return h.All }), "", false},
		},
		tables: []table{acts},
		notes: []string{"Chromium at 1280×900 against `semantest serve` with embedded parts, on the same machine. The run has cases of one exchange after a wait, 24 at once; the page looks from before " +
			"its first event, and at the end its list has every case with its outcome. The hour is told through the page's socket as fast as the page takes it, ten snapshots and five events for each second of it; " +
			"the heap is that after forced collections (what the page holds: a heap snapshot, with DOM nodes and without compiled code), its start the end of the first ten minutes, when log and caches are full."},
	}
}

func middleOf(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

func sortedNames(m map[string]float64) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
