package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/runevent"
	"github.com/semantest/semantest/internal/store"
)

// Log stores the events of runs and reads them back.
type Log struct {
	client *ent.Client
	bus    *Bus
}

// NewLog returns a log that publishes through bus what it has stored.
func NewLog(s *store.Store, bus *Bus) *Log { return &Log{client: s.Ent, bus: bus} }

// Record stores events in the transaction and publishes them once it is
// committed. The caller has numbered them under the lock of the run's row.
func (l *Log) Record(ctx context.Context, tx *store.Tx, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	n := len(events)
	ids, seqs, types := make([]string, n), make([]int64, n), make([]string, n)
	payloads, ats := make([][]byte, n), make([]time.Time, n)
	for i, e := range events {
		payload, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode event %s: %w", e.Type, err)
		}
		ids[i], seqs[i], types[i], payloads[i], ats[i] = e.RunID, e.Seq, string(e.Type), payload, e.At
	}
	const query = `
INSERT INTO run_events (run_id, seq, type, payload, at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::timestamptz[])`
	_, err := tx.ExecContext(ctx, query, store.Array(ids), store.Array(seqs), store.Array(types), store.Array(payloads), store.Array(ats))
	if err != nil {
		return fmt.Errorf("store events: %w", err)
	}
	tx.AfterCommit(func() { l.bus.publishEvents(payloads) })
	return nil
}

// Latest returns the number of the newest event of each run that there is.
func (l *Log) Latest(ctx context.Context, runIDs []string) (out map[string]int64, err error) {
	rows, err := l.client.QueryContext(ctx, "SELECT id, last_seq FROM runs WHERE id = ANY($1)", store.Array(runIDs))
	if err != nil {
		return nil, fmt.Errorf("read how far the watched runs are: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = make(map[string]int64, len(runIDs))
	for rows.Next() {
		var id string
		var seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			return nil, fmt.Errorf("read how far the watched runs are: %w", err)
		}
		out[id] = seq
	}
	return out, rows.Err()
}

// Read returns up to limit stored events of a run after a number, in order.
func (l *Log) Read(ctx context.Context, runID string, after int64, limit int) ([]Event, error) {
	rows, err := l.client.RunEvent.Query().
		Where(runevent.RunID(runID), runevent.SeqGT(after)).
		Order(runevent.BySeq()).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]Event, len(rows))
	for i, row := range rows {
		if out[i], err = decode(row.Payload); err != nil {
			return nil, fmt.Errorf("decode event %d of %s: %w", row.Seq, runID, err)
		}
	}
	return out, nil
}
