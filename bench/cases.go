//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

const (
	casesTarget   = 1000 // per second
	casesParallel = 64
)

// runCases measures how many cases of one exchange each go through the whole
// spine in a second, and where the time goes.
//
// The rate is that of the program itself. The parts come from one more run of
// the same code in a server that takes a CPU profile of itself.
func runCases(ctx context.Context, b *bench) (*section, error) {
	outer, inner := 60, 50
	if b.Quick {
		outer, inner = 20, 20
	}
	load := manyCases{plan: manyPlan(outer, inner, casesParallel), total: outer * inner}
	rates, err := b.caseRates(ctx, load)
	if err != nil {
		return nil, err
	}
	acc, err := b.account(ctx, load)
	if err != nil {
		return nil, err
	}
	rate := medianOf(rates)
	s := &section{
		rows: []row{{
			what:  fmt.Sprintf("one-step API cases per second, %d cases in one run, %d at once", load.total, casesParallel),
			value: fmt.Sprintf("median %.0f/s of %s", rate, list(rates)), target: fmt.Sprintf("≥ %d/s", casesTarget),
			met: rate >= casesTarget,
		}},
		tables: []table{acc.cpuTable(), acc.wallTable()},
		notes: []string{
			fmt.Sprintf("From sending `startRun` to the event that the run has finished, with one subscriber that checks that the events come "+
				"without a hole; the target application, the server, its Postgres and the subscriber share %d cores. "+
				"The tables are of one more run, under a CPU profile, at %.0f cases/s.", runtime.NumCPU(), acc.rate()),
		},
	}
	return s, nil
}

// manyCases is the load.
type manyCases struct {
	plan  string
	total int
}

// caseRates returns the cases per second of several runs of one server.
func (b *bench) caseRates(ctx context.Context, load manyCases) (rates []float64, err error) {
	s, t, err := b.pair(ctx, "--api-slots", fmt.Sprint(casesParallel))
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	for range b.times(3, 1) {
		_, took, err := load.perform(ctx, s, t)
		if err != nil {
			return nil, err
		}
		rates = append(rates, float64(load.total)/took.Seconds())
	}
	return rates, nil
}

// perform runs the load once and returns the run and its time. Every case must
// pass and every event must come.
func (l manyCases) perform(ctx context.Context, s *server, t *target) (string, time.Duration, error) {
	sock, err := dial(ctx, s.url, s.token)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = sock.conn.CloseNow() }()
	began := time.Now()
	id, err := s.client.StartRun(ctx, client.Start{Source: l.plan, Variables: map[string]string{"BASE_URL": t.url}})
	if err != nil {
		return "", 0, err
	}
	var seen int64
	var took time.Duration
	err = sock.follow(ctx, id, func(e event, at time.Time) error {
		if e.Seq != seen+1 {
			return fmt.Errorf("event %d followed event %d", e.Seq, seen)
		}
		if seen = e.Seq; e.Type == "RUN_FINISHED" {
			took = at.Sub(began)
		}
		return nil
	})
	if err != nil {
		return "", 0, err
	}
	st, err := s.status(ctx, id)
	if err != nil {
		return "", 0, err
	}
	if st.Status != "PASSED" || st.OutcomeCounts.Passed != l.total {
		return "", 0, fmt.Errorf("the run ended as %s with %d of %d cases passed", st.Status, st.OutcomeCounts.Passed, l.total)
	}
	return id, took, nil
}

// account performs the load in a server that profiles itself and says where the
// time went.
func (b *bench) account(ctx context.Context, load manyCases) (_ *account, err error) {
	t, err := b.startTarget(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, t.stop)
	s, err := b.serveProfiled(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, s.stop)
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	if _, _, err := load.perform(ctx, s, t); err != nil { // connections and caches for the whole load
		return nil, err
	}
	db, err := openDatabase(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	defer together(&err, db.Close)

	file := b.Profile
	if file == "" {
		file = filepath.Join(b.folder, "cpu.pprof")
	}
	if file, err = filepath.Abs(file); err != nil {
		return nil, fmt.Errorf("find the profile's place: %w", err)
	}
	if err := s.command(ctx, "profile "+file); err != nil {
		return nil, err
	}
	before, err := readUsage(ctx, db, s.pid, t.pid)
	if err != nil {
		return nil, err
	}
	id, took, err := load.perform(ctx, s, t)
	if err != nil {
		return nil, err
	}
	after, err := readUsage(ctx, db, s.pid, t.pid)
	if err != nil {
		return nil, err
	}
	if err := s.command(ctx, "stop"); err != nil {
		return nil, err
	}
	parts, err := readProfile(file)
	if err != nil {
		return nil, err
	}
	stages, err := readStages(ctx, db, id)
	if err != nil {
		return nil, err
	}
	return &account{cases: load.total, took: took, usage: after.minus(before), server: parts, stages: stages}, nil
}

func list(values []float64) string {
	text := ""
	for i, v := range values {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%.0f", v)
	}
	return text
}
