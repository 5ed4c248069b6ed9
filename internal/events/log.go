package events

import (
	"context"
	"encoding/json"
	"fmt"

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
	rows := make([]*ent.RunEventCreate, len(events))
	payloads := make([][]byte, len(events))
	for i, e := range events {
		payload, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode event %s: %w", e.Type, err)
		}
		payloads[i] = payload
		rows[i] = tx.RunEvent.Create().
			SetRunID(e.RunID).SetSeq(e.Seq).SetType(string(e.Type)).SetPayload(payload).SetAt(e.At)
	}
	for len(rows) > 0 {
		n := min(len(rows), batch)
		if err := tx.RunEvent.CreateBulk(rows[:n]...).Exec(ctx); err != nil {
			return fmt.Errorf("store events: %w", err)
		}
		rows = rows[n:]
	}
	tx.AfterCommit(func() { l.bus.publishEvents(payloads) })
	return nil
}

// batch keeps an insert below Postgres' limit of 65,535 parameters.
const batch = 5000

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
