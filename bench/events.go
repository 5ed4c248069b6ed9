//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

const eventTarget = 50 * time.Millisecond

// runEvents starts a run and subscribes to its events over a connection that is
// open already, as a page does.
func runEvents(ctx context.Context, b *bench) (_ *section, err error) {
	s, t, err := b.pair(ctx)
	if err != nil {
		return nil, err
	}
	defer together(&err, func() error { return errors.Join(s.stop(), t.stop()) })
	if err := warmUp(ctx, s, t); err != nil {
		return nil, err
	}
	sock, err := dial(ctx, s.url, s.token)
	if err != nil {
		return nil, err
	}
	defer together(&err, sock.close)
	var answered, first, began, ended sample
	for range b.times(200, 20) {
		o, err := observe(ctx, s, t, sock)
		if err != nil {
			return nil, err
		}
		answered, first = append(answered, o.answered), append(first, o.first)
		began, ended = append(began, o.began-o.answered), append(ended, o.ended)
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return &section{
		rows: []row{
			{
				what: "sending `startRun` to the run's first event at a subscriber", value: first.spread(),
				target: "p95 ≤ " + show(eventTarget), met: first.quantile(0.95) <= eventTarget,
			},
			{what: "sending `startRun` to its answer", value: answered.spread()},
			{what: "answer of `startRun` to the event that the case has begun", value: began.spread()},
			{what: "sending `startRun` to the last event of the run", value: ended.spread()},
		},
		notes: []string{"One run at a time, of one case of one exchange. The subscriber's graphql-transport-ws connection is open; " +
			"it subscribes to `runEvents(after: 0)` as soon as `startRun` has answered with the run's id."},
	}, nil
}

// observation is when things happened, since startRun was sent.
type observation struct{ answered, first, began, ended time.Duration }

func observe(ctx context.Context, s *server, t *target, sock *socket) (observation, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("the run did not end within 30 s"))
	defer cancel()
	var o observation
	sent := time.Now()
	id, err := s.client.StartRun(ctx, client.Start{Source: onePlan, Variables: map[string]string{"BASE_URL": t.url}})
	if err != nil {
		return o, err
	}
	o.answered = time.Since(sent)
	var seen int64
	err = sock.follow(ctx, id, func(e event, at time.Time) error {
		if e.Seq != seen+1 {
			return fmt.Errorf("event %d followed event %d", e.Seq, seen)
		}
		seen = e.Seq
		switch {
		case e.Seq == 1:
			o.first = at.Sub(sent)
		case e.Type == "CASE_STARTED":
			o.began = at.Sub(sent)
		case e.Type == "RUN_FINISHED":
			o.ended = at.Sub(sent)
		}
		return nil
	})
	if err == nil && o.ended == 0 {
		err = errors.New("the events ended before the run")
	}
	return o, err
}
