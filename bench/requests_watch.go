//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/cli/client"
)

const (
	watchSockets = 20
	watchEach    = 20 // runs that a socket watches
)

// reportWatched measures what a watched run costs in which nothing happens: a
// process reads it from Postgres again and again, lest Redis has lost something.
func (c *crew) reportWatched(ctx context.Context, s *section) (err error) {
	var open []*socket
	defer func() {
		for _, w := range open {
			_ = w.conn.CloseNow()
		}
	}()
	unwatched, seconds, err := c.quiet(ctx)
	if err != nil {
		return err
	}
	base := unwatched.each(seconds)
	lost := make(chan error, watchSockets)
	for range watchSockets {
		w, err := dial(ctx, c.apis[0].url, c.apis[0].token)
		if err != nil {
			return err
		}
		open = append(open, w)
		if err := c.watch(ctx, w, lost); err != nil {
			return err
		}
	}
	watched, seconds, err := c.quiet(ctx)
	if err != nil {
		return err
	}
	select {
	case err := <-lost: // whoever is not there any more watches nothing
		return fmt.Errorf("watch a run: %w", err)
	default:
	}
	const runs = watchSockets * watchEach
	got := watched.each(seconds)
	s.tables = append(s.tables, table{
		title:  fmt.Sprintf("%d runs that are watched while nothing happens in them, by one process; for each run, in a second:", runs),
		header: []string{"API, CPU µs", "Postgres, CPU µs"},
		rows: [][]string{{
			fmt.Sprintf("%.0f", (got.api-base.api)/runs), fmt.Sprintf("%.0f", (got.postgres-base.postgres)/runs),
		}},
	})
	return nil
}

// inSecond is what a crew uses in a second; CPU time in microseconds.
type inSecond struct{ api, postgres float64 }

func (s spent) each(seconds float64) inSecond {
	return inSecond{float64(sum(s.apis)) / 1e3 / seconds, float64(s.postgres) / 1e3 / seconds}
}

func (c *crew) quiet(ctx context.Context) (spent, float64, error) {
	lasting := 15 * time.Second
	if c.b.Quick {
		lasting = 5 * time.Second
	}
	if err := pause(ctx, 2*time.Second); err != nil { // what went before is over
		return spent{}, 0, err
	}
	return c.meanwhile(ctx, func() error { return pause(ctx, lasting) })
}

// watch starts runs that nobody performs, and subscribes to each of them.
func (c *crew) watch(ctx context.Context, w *socket, lost chan<- error) error {
	for i := range watchEach {
		id, err := c.apis[0].client.StartRun(ctx, client.Start{Source: onePlan})
		if err != nil {
			return err
		}
		payload, err := json.Marshal(map[string]any{
			"query":     `subscription($runId: ID!) { runEvents(runId: $runId, after: 0) { seq type } }`,
			"variables": map[string]any{"runId": id},
		})
		if err != nil {
			return fmt.Errorf("encode the subscription: %w", err)
		}
		if err := wsjson.Write(ctx, w.conn, frame{ID: strconv.Itoa(i), Type: "subscribe", Payload: payload}); err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
	}
	for range watchEach { // each gets the event that its run is queued
		var f frame
		if err := wsjson.Read(ctx, w.conn, &f); err != nil {
			return fmt.Errorf("watch a run: %w", err)
		}
		if f.Type != "next" {
			return fmt.Errorf("watch a run: the server answered %s %s", f.Type, f.Payload)
		}
	}
	go func() { lost <- answerPings(ctx, w.conn) }()
	return nil
}

// answerPings keeps a connection alive, and returns why it has ended.
func answerPings(ctx context.Context, conn *websocket.Conn) error {
	for {
		var f frame
		err := wsjson.Read(ctx, conn, &f)
		if err == nil && f.Type == "ping" {
			err = wsjson.Write(ctx, conn, frame{Type: "pong"})
		}
		if err == nil && f.Type != "ping" {
			err = fmt.Errorf("the server said %s %s", f.Type, f.Payload)
		}
		if err != nil {
			return err
		}
	}
}
