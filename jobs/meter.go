package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/semantest/semantest/internal/spec"
)

// Meter counts attempts of cases. Its methods are called from many goroutines.
type Meter interface {
	CaseBegan(kind string)
	CaseEnded(kind, outcome string, took time.Duration)
}

// uncounted is the Meter of a host that nobody measures.
type uncounted struct{}

// CaseBegan implements Meter.
func (uncounted) CaseBegan(string) {}

// CaseEnded implements Meter.
func (uncounted) CaseEnded(string, string, time.Duration) {}

// QueueDepths counts the jobs that wait, by queue: those that could begin now, and
// those that are put off. Queues of this program without such a job are there with 0.
func QueueDepths(ctx context.Context, pool *pgxpool.Pool) (map[string]int64, error) {
	out := map[string]int64{webhookQueue: 0, assessQueue: 0, generateQueue: 0}
	for _, kind := range spec.Kinds() {
		out[Queue(kind)] = 0
	}
	const query = `SELECT queue, count(*) FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled') GROUP BY queue`
	rows, err := pool.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("count the jobs that wait: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var queue string
		var n int64
		if err := rows.Scan(&queue, &n); err != nil {
			return nil, fmt.Errorf("count the jobs that wait: %w", err)
		}
		if _, ours := out[queue]; ours { // a label takes no value that somebody else chose
			out[queue] = n
		}
	}
	return out, rows.Err()
}
