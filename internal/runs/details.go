package runs

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// detailBatch keeps an insert below Postgres' limit of 65,535 parameters.
const detailBatch = 2000

// storeAttempts stores attempts of one run with all that hangs below them.
func storeAttempts(ctx context.Context, tx *store.Tx, ends []ending) error {
	var d details
	for _, e := range ends {
		d.add(tx, e.Finished)
	}
	return d.store(ctx, tx)
}

// details gathers rows, so that each table is written once.
type details struct {
	attempts  []*ent.AttemptCreate
	steps     []*ent.StepCreate
	checks    []*ent.CheckCreate
	metrics   []*ent.MetricCreate
	artifacts []*ent.ArtifactCreate
}

func (d *details) add(tx *store.Tx, f Finished) {
	id := ident.New(ident.Attempt)
	a := tx.Attempt.Create().SetID(id).SetProjectID(f.Result.ProjectID).
		SetRunID(f.Result.RunID).SetResultID(f.Result.ID).SetNumber(f.Result.Attempt).
		SetWorkerID(f.WorkerID).SetOutcome(f.Outcome).SetError(excerpt.Storable(f.Error)).
		SetStartedAt(f.StartedAt).SetFinishedAt(f.FinishedAt).
		SetDurationMs(f.FinishedAt.Sub(f.StartedAt).Milliseconds())
	if len(f.Logs) > 0 {
		a.SetLogs(f.Logs)
	}
	d.attempts = append(d.attempts, a)
	for _, st := range f.Steps {
		d.addStep(tx, id, st)
	}
	for _, m := range f.Metrics {
		d.metrics = append(d.metrics, tx.Metric.Create().SetAttemptID(id).SetName(m.Name).SetUnit(m.Unit).
			SetValue(m.Value).SetTags(m.Tags).SetAt(m.At))
	}
	for _, a := range f.Artifacts {
		d.artifacts = append(d.artifacts, tx.Artifact.Create().SetID(a.ID).SetProjectID(f.Result.ProjectID).
			SetRunID(f.Result.RunID).SetResultID(f.Result.ID).SetAttempt(f.Result.Attempt).
			SetStep(a.Step).SetName(excerpt.Storable(a.Name)).SetKind(a.Kind).SetContentType(a.ContentType).
			SetSize(a.Size).SetSha256(a.SHA256).SetKey(a.Key).SetError(excerpt.Storable(a.Error)))
	}
}

func (d *details) addStep(tx *store.Tx, attemptID string, st Step) {
	c := tx.Step.Create().SetAttemptID(attemptID).SetOrdinal(st.Ordinal).
		SetName(excerpt.Storable(st.Name)).SetAction(st.Action).SetOutcome(st.Outcome).SetError(excerpt.Storable(st.Error)).
		SetOffsetMs(max(0, st.Offset.Milliseconds())).SetDurationUs(st.Duration.Microseconds())
	if len(st.Detail) > 0 {
		c.SetDetail(withoutNUL(st.Detail))
	}
	d.steps = append(d.steps, c)
	for i, ch := range st.Checks {
		d.checks = append(d.checks, tx.Check.Create().SetAttemptID(attemptID).
			SetStepOrdinal(st.Ordinal).SetOrdinal(i).SetName(excerpt.Storable(ch.Name)).SetPassed(ch.Passed).
			SetExpected(excerpt.Storable(ch.Expected)).SetActual(excerpt.Storable(ch.Actual)).SetMessage(excerpt.Storable(ch.Message)))
	}
}

func (d *details) store(ctx context.Context, tx *store.Tx) error {
	for part := range slices.Chunk(d.attempts, detailBatch) {
		if err := tx.Attempt.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the attempts: %w", err)
		}
	}
	for part := range slices.Chunk(d.steps, detailBatch) {
		if err := tx.Step.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the steps: %w", err)
		}
	}
	for part := range slices.Chunk(d.checks, detailBatch) {
		if err := tx.Check.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the checks: %w", err)
		}
	}
	for part := range slices.Chunk(d.metrics, detailBatch) {
		if err := tx.Metric.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the metrics: %w", err)
		}
	}
	for part := range slices.Chunk(d.artifacts, detailBatch) {
		if err := tx.Artifact.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the artifacts: %w", err)
		}
	}
	return nil
}

// withoutNUL replaces the one escape that Postgres refuses in JSON.
func withoutNUL(doc []byte) []byte {
	return bytes.ReplaceAll(doc, []byte(`\u0000`), []byte(`\ufffd`))
}
