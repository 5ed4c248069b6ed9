package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

// BenchmarkArtifacts measures what a case that passes pays for the artifacts
// that it would keep if it failed: time, and CPU of the browser and of this
// process. The settings take turns, so that the load of the machine meets all.
func BenchmarkArtifacts(b *testing.B) {
	const off = spec.RetainNothing
	none := spec.Artifacts{Screenshot: off, Steps: off, Video: off, HAR: off, Console: off, DOM: off, Trace: off, Playwright: off}
	with := func(change func(*spec.Artifacts)) *spec.Artifacts { a := none; change(&a); return &a }
	settings := []struct {
		name string
		a    *spec.Artifacts
	}{
		{"nothing", &none},
		{"again", &none},
		{"steps", with(func(a *spec.Artifacts) { a.Steps = spec.RetainOnFailure })},
		{"har", with(func(a *spec.Artifacts) { a.HAR = spec.RetainOnFailure })},
		{"defaults", nil},
		{"steps in full", with(func(a *spec.Artifacts) { a.Steps = spec.RetainAlways })},
		{"video in full", with(func(a *spec.Artifacts) { a.Video = spec.RetainAlways })},
		{"playwright", with(func(a *spec.Artifacts) { a.Playwright = spec.RetainOnFailure })},
		{"playwright in full", with(func(a *spec.Artifacts) { a.Playwright = spec.RetainAlways })},
		{"trace in full", with(func(a *spec.Artifacts) { a.Trace = spec.RetainAlways })},
	}
	page := site.put(costly)
	steps := []spec.BrowserStep{open(page)}
	for i := range 3 {
		steps = append(steps, fill(spec.Locator{Label: "Name"}, fmt.Sprint("Ada ", i)), click(role("button", "Greet")), text(css("#out"), fmt.Sprint("Hello, Ada ", i)))
	}
	took, cpu := map[string][]float64{}, map[string]float64{}
	run := func(name string, a *spec.Artifacts) {
		t := task(steps...)
		t.Use.Artifacts = a
		before, began := cpuOf(b), time.Now()
		if outcome, err := shared.Execute(context.Background(), t, &executortest.Recorder{}); outcome != spec.OutcomePassed {
			b.Fatal(err)
		}
		took[name] = append(took[name], float64(time.Since(began).Microseconds())/1000)
		cpu[name] += cpuOf(b) - before
	}
	for b.Loop() {
		for _, s := range settings {
			run(s.name, s.a)
		}
	}
	for _, s := range settings {
		slices.Sort(took[s.name])
		n := len(took[s.name])
		fmt.Printf("%-18s median %.1f ms, p25 %.1f ms, %.1f ms of CPU, of %d\n", s.name, took[s.name][n/2], took[s.name][n/4], cpu[s.name]/float64(n), n)
	}
	b.ReportMetric(0, "ns/op")
}

// costly is a page of the size of a shop's.
var costly = func() string {
	var s strings.Builder
	s.WriteString(`<title>Shop</title><style>body{font:16px sans-serif;margin:2rem}.g{display:grid;grid-template-columns:repeat(6,1fr);gap:1rem}.c{border:1px solid #ccc;border-radius:8px;padding:1rem;background:linear-gradient(#fff,#eef)}</style>
<h1>Everything</h1><label>Name <input></label> <button onclick="out.textContent='Hello, '+document.querySelector('input').value">Greet</button><p id=out></p><div class=g>`)
	for i := range 120 {
		fmt.Fprintf(&s, `<div class=c><h3>Article %d</h3><p>It is of the best quality, and comes in a box.</p><b>%d.00</b></div>`, i, i*7)
	}
	s.WriteString(`</div>`)
	return s.String()
}()

// cpuOf is what this process and the browser with all of its processes have
// used, in ms.
func cpuOf(b *testing.B) float64 {
	b.Helper()
	group := map[int]bool{os.Getpid(): true}
	for _, pid := range browser.PIDs(shared) {
		group[pid] = true
	}
	type proc struct{ parent, ticks int }
	all := map[int]proc{}
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		f := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+2:]))
		ppid, _ := strconv.Atoi(f[1])
		u, _ := strconv.Atoi(f[11])
		s, _ := strconv.Atoi(f[12])
		all[pid] = proc{ppid, u + s}
	}
	total := 0
	for pid, p := range all {
		for at, depth := pid, 0; at > 1 && depth < 10; at, depth = all[at].parent, depth+1 {
			if group[at] {
				total += p.ticks
				break
			}
		}
	}
	return float64(total) * 10
}
