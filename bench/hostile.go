//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/semantest/semantest/graph/armour/armourtest"
)

const (
	refusedTarget       = 100 * time.Millisecond
	hostileGrowthTarget = 200 << 20
)

// runHostile measures how long hostile requests hold the server, and what they
// leave in its memory.
func runHostile(ctx context.Context, b *bench) (_ *section, err error) {
	folder, err := b.newFolder("hostile")
	if err != nil {
		return nil, err
	}
	s, err := b.serve(ctx, folder, "--no-workers")
	if err != nil {
		return nil, err
	}
	defer together(&err, s.stop)
	before, err := s.resident()
	if err != nil {
		return nil, err
	}
	found := table{title: "Each by POST, signed in, until the refusal has been read.", header: []string{"Request", "Bytes", "Median", "Slowest"}}
	slowest := time.Duration(0)
	for _, d := range armourtest.Documents() {
		body := d.JSON()
		var took sample
		for range b.times(20, 3) {
			t, err := s.refused(ctx, body)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.Name, err)
			}
			took = append(took, t)
		}
		worst := took.quantile(1)
		slowest = max(slowest, worst)
		found.rows = append(found.rows, []string{d.Name, fmt.Sprint(len(body)), show(took.quantile(0.5)), show(worst)})
	}
	after, err := s.resident()
	if err != nil {
		return nil, err
	}
	grown := after - before
	return &section{
		rows: []row{
			{what: "The slowest refusal of a hostile document", value: show(slowest), target: "< " + show(refusedTarget), met: slowest < refusedTarget},
			{what: "Growth of the server's memory by all of them", value: fmt.Sprintf("%d MiB", grown>>20), target: fmt.Sprintf("< %d MiB", hostileGrowthTarget>>20), met: grown < hostileGrowthTarget},
		},
		tables: []table{found},
	}, nil
}

// resident is what the server holds in memory, in bytes.
func (s *server) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.pid))
	if err != nil {
		return 0, fmt.Errorf("read what the server holds: %w", err)
	}
	return residentOf(string(text))
}

// refused sends a body and returns how long the refusal took.
func (s *server) refused(ctx context.Context, body []byte) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("prepare the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.token)
	began := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("send the request: %w", err)
	}
	answer, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return 0, fmt.Errorf("read the answer: %w", err)
	}
	if !bytes.Contains(answer, []byte(`"limit":`)) {
		return 0, fmt.Errorf("it was not refused by a limit: %.200s", answer)
	}
	return took, nil
}
