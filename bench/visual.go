//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/semantest/semantest/internal/imagediff"
	"github.com/semantest/semantest/internal/imagediff/png"
)

// equalTarget is what a comparison of files of the same bytes may take.
const equalTarget = time.Millisecond

// visualPair is two files that are compared.
type visualPair struct {
	name     string
	one, two string
}

// comparer compares two files, writes the picture of it, and says how many
// pixels differ and how long it took.
type comparer struct {
	name    string
	compare func(ctx context.Context, p visualPair, out string) (int, time.Duration, error)
}

// runVisual compares screenshots of the shop, from file to file, in rounds in
// which everybody has each pair once.
func runVisual(ctx context.Context, b *bench) (_ *section, err error) {
	pairs, err := visualPairs(ctx, b.folder)
	if err != nil {
		return nil, err
	}
	peers, missing, err := startVisualPeers(ctx, b.folder)
	if err != nil {
		return nil, err
	}
	defer together(&err, peers.close)
	all := append([]comparer{{"Semantest", compareOurselves}}, peers.comparers()...)
	times := map[string]sample{}
	counts := map[string]int{}
	rounds := b.times(30, 5)
	for round := range rounds + 1 {
		for _, p := range pairs {
			for _, c := range all {
				n, took, err := c.compare(ctx, p, filepath.Join(b.folder, c.name+".png"))
				if err != nil {
					return nil, fmt.Errorf("%s on %s: %w", c.name, p.name, err)
				}
				if round > 0 { // the first one warms up
					times[p.name+c.name] = append(times[p.name+c.name], took)
				}
				counts[p.name+c.name] = n
			}
		}
	}
	s := &section{notes: []string{"From two files of 1920x1080 pixels, as the browser wrote them, to a third with the picture of the differences, with " +
		"a threshold of 0.2 and the smoothing of edges left out; each peer through its own fastest interface (odiff's server, blazediff's " +
		"native binding), nothing is started meanwhile. " + fmt.Sprintf("%d rounds, in each of which everybody has each pair once; medians.", rounds)}}
	s.notes = append(s.notes, missing...)
	t := table{title: "What a comparison of two files takes, and how many pixels differ", header: []string{"Pair"}}
	for _, c := range all {
		t.header = append(t.header, c.name)
	}
	for _, p := range pairs {
		ours := times[p.name+"Semantest"].median()
		cells := []string{p.name}
		for _, c := range all {
			took := times[p.name+c.name].median()
			cells = append(cells, fmt.Sprintf("%s (%.2f), %d", show(took), float64(took)/float64(ours), counts[p.name+c.name]))
			switch {
			case c.name == "pixelmatch":
				s.rows = append(s.rows, row{what: p.name + ": pixels that differ, beside pixelmatch",
					value:  fmt.Sprintf("%d and %d", counts[p.name+"Semantest"], counts[p.name+c.name]),
					target: "the same", met: counts[p.name+"Semantest"] == counts[p.name+c.name]})
			case c.name != "Semantest" && p.name != pairSame:
				s.rows = append(s.rows, row{what: p.name + ", beside " + c.name, value: fmt.Sprintf("%s and %s", show(ours), show(took)),
					target: "no slower", met: ours <= took})
			case c.name == "Semantest" && p.name == pairSame:
				s.rows = append(s.rows, row{what: p.name, value: show(ours), target: "≤ " + show(equalTarget), met: ours <= equalTarget})
			}
		}
		t.rows = append(t.rows, cells)
	}
	s.tables = []table{t}
	return s, nil
}

// compareOurselves does what the executor does.
func compareOurselves(_ context.Context, p visualPair, out string) (int, time.Duration, error) {
	began := time.Now()
	one, err := os.ReadFile(p.one)
	if err != nil {
		return 0, 0, fmt.Errorf("read the one: %w", err)
	}
	two, err := os.ReadFile(p.two)
	if err != nil {
		return 0, 0, fmt.Errorf("read the other: %w", err)
	}
	r, err := imagediff.CompareFiles(one, two, imagediff.Options{Threshold: imagediff.DefaultThreshold, Draw: true})
	if err != nil {
		return 0, 0, err
	}
	if r.Picture != nil {
		if err := os.WriteFile(out, png.Encode(r.Picture), 0o600); err != nil {
			return 0, 0, fmt.Errorf("write the picture: %w", err)
		}
	}
	return r.Different, time.Since(began), nil
}
