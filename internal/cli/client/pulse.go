package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Pulse is how a load did in its last second.
type Pulse struct {
	ElapsedMs         int64
	Rate, P95, Failed float64
	VUs               int
	Dropped           int64
}

// FollowLoads calls next with how the loads of a run do, by case, until the run
// has ended or ctx is done. It is for show, so it never fails: without a
// connection nothing is told.
func (c *Client) FollowLoads(ctx context.Context, runID string, next func(map[string]Pulse)) {
	const query = `subscription($runId: ID!) { runProgress(runId: $runId) {
		running { caseKey load { elapsedMs rate p95 failed vus dropped } } } }`
	for {
		err := c.Subscribe(ctx, query, map[string]any{"runId": runID}, func(data json.RawMessage) error {
			var item struct {
				RunProgress struct {
					Running []struct {
						CaseKey string
						Load    *Pulse
					}
				}
			}
			if err := json.Unmarshal(data, &item); err != nil {
				return err
			}
			loads := map[string]Pulse{}
			for _, r := range item.RunProgress.Running {
				if r.Load != nil {
					loads[r.CaseKey] = *r.Load
				}
			}
			next(loads)
			return nil
		})
		if err == nil || apperr.CodeOf(err) != apperr.Unavailable {
			return
		}
		select { // before connecting again
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}
