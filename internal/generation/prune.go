package generation

import (
	"context"
	"fmt"
	"time"
)

// keptFor is how long a generation that is over is kept, with its cases, as are the
// accounts of what its model used. What was accepted is in a plan.
const keptFor = 90 * 24 * time.Hour

// pruneBatch keeps one statement short; each generation has up to 200 cases.
const pruneBatch = 100

// Prune removes generations that ended long ago, with their cases and events, and
// returns how many. For the server: it works in all projects that its context names.
func (s *Service) Prune(ctx context.Context) (int64, error) {
	const query = `DELETE FROM generations WHERE id IN (
	SELECT id FROM generations WHERE finished_at < now() - $1 * interval '1 second' ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED)`
	total := int64(0)
	for {
		res, err := s.store.DB.ExecContext(ctx, query, keptFor.Seconds(), pruneBatch)
		if err != nil {
			return total, fmt.Errorf("remove old generations: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("remove old generations: %w", err)
		}
		if total += n; n < pruneBatch {
			return total, nil
		}
	}
}
