package assessments

import (
	"context"
	"database/sql"
	"strings"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/failures/signature"
	"github.com/semantest/semantest/internal/runs"
)

// clusters reads what kind of failure each result has.
func (r *reading) clusters(ctx context.Context) error {
	at := make(map[string]int, len(r.in.Results))
	for i, res := range r.in.Results {
		at[res.ID] = i
	}
	const query = `SELECT f.result_id, c.signature, c.cause, c.why, c.first_run_id <> $1, f.message
FROM failures f JOIN failure_clusters c ON c.id = f.cluster_id
WHERE f.run_id = $1 AND ($2::text IS NULL OR f.result_id = $2)`
	return r.each(ctx, query, nil, func(rows *sql.Rows) error {
		var id, name, cause, why, message string
		var known bool
		if err := rows.Scan(&id, &name, &cause, &why, &known, &message); err != nil {
			return err
		}
		i, ok := at[id]
		if !ok {
			return nil
		}
		res := &r.in.Results[i]
		res.Cluster, res.Known = name, known
		if cause != string(signature.Unknown) {
			res.Cause = strings.ToLower(strings.ReplaceAll(cause, "_", " ")) + ", " + why
		}
		if res.Outcome == rules.Flaky && res.Error == "" {
			res.Error = message
		}
		return nil
	})
}

// anomalies reads what does not fit the runs before.
func (r *reading) anomalies(ctx context.Context, of *ent.Run) error {
	found, err := anomalies.In(ctx, r.tx, of, anomalies.Options{})
	if err != nil {
		return err
	}
	for _, a := range found {
		r.in.Anomalies = append(r.in.Anomalies, rules.Anomaly{
			ResultID: a.ResultID, CaseKey: a.CaseKey, Metric: a.Metric, Subject: a.Subject, Unit: a.Unit,
			Value: a.Value, Low: a.Low, High: a.High, Effect: a.Effect, Runs: a.Values, Above: a.Above,
		})
		if !a.Lasting {
			r.anomalous = append(r.anomalous, runs.Anomalous{ResultID: a.ResultID, CaseKey: a.CaseKey, Anomaly: events.Anomaly{
				Metric: a.Metric, Subject: a.Subject, Unit: a.Unit, Value: a.Value, Mean: a.Mean, Low: a.Low, High: a.High,
				Effect: a.Effect, Values: a.Values, Above: a.Above, Threshold: a.Threshold,
			}})
		}
	}
	return nil
}
