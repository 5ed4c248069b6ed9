//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// source makes events.
type source interface {
	// emit makes one event. It calls sent with the event's number when viewers may
	// get it: for a stored event, when its transaction is committed.
	emit(ctx context.Context, sent func(number int64)) error
	// last is the number of the newest event.
	last() int64
	close()
}

// openSource returns the source of a server: the database for one of ours, or
// else the server's feed.
func openSource(ctx context.Context, c crowdTask) (source, error) {
	if c.Where.Feed != "" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Where.Feed)
		if err != nil {
			return nil, fmt.Errorf("reach the server's feed: %w", err)
		}
		return &feed{conn: conn}, nil
	}
	db, err := store.Open(ctx, c.Stores.Database, store.Options{MaxConns: 4})
	if err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(c.Stores.Redis)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the address of Redis: %w", err), db.Close())
	}
	client := redis.NewClient(options)
	bus := events.NewBus(client, quietLog())
	row, err := db.Ent.Run.Get(ctx, c.RunID)
	s := &stored{db: db, client: client, bus: bus, log: events.NewLog(db, bus), runID: c.RunID}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("read the run: %w", err)
	}
	s.number = row.LastSeq
	return s, nil
}

// stored records events of a real run, as another process of ours does.
type stored struct {
	db     *store.Store
	client *redis.Client
	bus    *events.Bus
	log    *events.Log
	runID  string
	number int64
}

func (s *stored) emit(ctx context.Context, sent func(int64)) error {
	var number int64
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Run.UpdateOneID(s.runID).AddLastSeq(1).Save(ctx)
		if err != nil {
			return fmt.Errorf("number an event: %w", err)
		}
		number = row.LastSeq
		tx.AfterCommit(func() { sent(number) }) // before the log's own, which publishes
		return s.log.Record(ctx, tx, sampleEvent(s.runID, row.ProjectID, number))
	})
	if err == nil {
		s.number = number
	}
	return err
}

func (s *stored) last() int64 { return s.number }

func (s *stored) close() {
	s.bus.Close()
	_ = s.client.Close()
	_ = s.db.Close()
}

// feed hands the same events to a server that is not ours, encoded as ours sends
// them.
type feed struct {
	conn   net.Conn
	number int64
}

func (f *feed) emit(_ context.Context, sent func(int64)) error {
	f.number++
	payload, err := samplePayload(f.number)
	if err != nil {
		return err
	}
	sent(f.number)
	if _, err := f.conn.Write(append(payload, '\n')); err != nil {
		return fmt.Errorf("feed the server: %w", err)
	}
	return nil
}

func (f *feed) last() int64 { return f.number }

func (f *feed) close() { _ = f.conn.Close() }

// sampleQuery selects what a page shows of an event.
const sampleQuery = `subscription($runId: ID!, $after: Int!) { runEvents(runId: $runId, after: $after) {
	seq type at status outcomeCounts { total finished passed failed } resultId caseKey title kind attempt outcome durationMs } }`

// sampleEvent is an event as most are; with an id of a subscription its frame
// has about 395 bytes.
func sampleEvent(runID, projectID string, number int64) events.Event {
	return events.Event{
		RunID: runID, ProjectID: projectID, Seq: number, Type: events.CaseFinished,
		At:     time.Now().UTC().Truncate(time.Millisecond),
		Status: "running", Counts: events.Counts{Total: 5000, Finished: 1250, Passed: 1249, Failed: 1},
		ResultID: "res_01h455vb4pex5vsknk084sn02q", CaseID: "orders", CaseKey: "orders[n=42]", Title: "Pay up",
		Kind: spec.KindAPI, Attempt: 1, Outcome: spec.OutcomePassed, DurationMS: 137,
	}
}

// samplePayload is the payload of a message with the event.
func samplePayload(number int64) ([]byte, error) {
	e := sampleEvent("", "", number)
	upper := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, ".", "_")) }
	type counts struct {
		Total    int `json:"total"`
		Finished int `json:"finished"`
		Passed   int `json:"passed"`
		Failed   int `json:"failed"`
	}
	text, err := json.Marshal(map[string]any{"data": map[string]any{"runEvents": struct {
		Seq        int64     `json:"seq"`
		Type       string    `json:"type"`
		At         time.Time `json:"at"`
		Status     string    `json:"status"`
		Counts     counts    `json:"outcomeCounts"`
		ResultID   string    `json:"resultId"`
		CaseKey    string    `json:"caseKey"`
		Title      string    `json:"title"`
		Kind       string    `json:"kind"`
		Attempt    int       `json:"attempt"`
		Outcome    string    `json:"outcome"`
		DurationMS int64     `json:"durationMs"`
	}{
		e.Seq, upper(string(e.Type)), e.At, upper(e.Status), counts{e.Counts.Total, e.Counts.Finished, e.Counts.Passed, e.Counts.Failed},
		e.ResultID, e.CaseKey, e.Title, upper(string(e.Kind)), e.Attempt, upper(string(e.Outcome)), e.DurationMS,
	}}})
	if err != nil {
		return nil, fmt.Errorf("encode an event: %w", err)
	}
	return text, nil
}
