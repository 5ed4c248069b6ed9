package runs

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/store"
)

// detailBatch keeps an insert below Postgres' limit of 65,535 parameters.
const detailBatch = 2000

func storeSteps(ctx context.Context, tx *store.Tx, attemptID string, steps []Step) error {
	creates := make([]*ent.StepCreate, len(steps))
	var checks []*ent.CheckCreate
	for i, st := range steps {
		c := tx.Step.Create().SetAttemptID(attemptID).SetOrdinal(st.Ordinal).
			SetName(clean(st.Name)).SetAction(st.Action).SetOutcome(st.Outcome).SetError(clean(st.Error)).
			SetOffsetMs(max(0, st.Offset.Milliseconds())).SetDurationUs(st.Duration.Microseconds())
		if len(st.Detail) > 0 {
			c.SetDetail(withoutNUL(st.Detail))
		}
		creates[i] = c
		for j, ch := range st.Checks {
			checks = append(checks, tx.Check.Create().SetAttemptID(attemptID).
				SetStepOrdinal(st.Ordinal).SetOrdinal(j).SetName(clean(ch.Name)).SetPassed(ch.Passed).
				SetExpected(clean(ch.Expected)).SetActual(clean(ch.Actual)).SetMessage(clean(ch.Message)))
		}
	}
	for part := range slices.Chunk(creates, detailBatch) {
		if err := tx.Step.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the steps: %w", err)
		}
	}
	for part := range slices.Chunk(checks, detailBatch) {
		if err := tx.Check.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the checks: %w", err)
		}
	}
	return nil
}

func storeMetrics(ctx context.Context, tx *store.Tx, attemptID string, metrics []Metric) error {
	creates := make([]*ent.MetricCreate, len(metrics))
	for i, m := range metrics {
		creates[i] = tx.Metric.Create().SetAttemptID(attemptID).SetName(m.Name).SetUnit(m.Unit).
			SetValue(m.Value).SetTags(m.Tags).SetAt(m.At)
	}
	for part := range slices.Chunk(creates, detailBatch) {
		if err := tx.Metric.CreateBulk(part...).Exec(ctx); err != nil {
			return fmt.Errorf("store the metrics: %w", err)
		}
	}
	return nil
}

func storeArtifacts(ctx context.Context, tx *store.Tx, f Finished) error {
	creates := make([]*ent.ArtifactCreate, len(f.Artifacts))
	for i, a := range f.Artifacts {
		creates[i] = tx.Artifact.Create().SetID(a.ID).SetProjectID(f.Result.ProjectID).
			SetRunID(f.Result.RunID).SetResultID(f.Result.ID).SetAttempt(f.Result.Attempt).
			SetStep(a.Step).SetName(clean(a.Name)).SetKind(a.Kind).SetContentType(a.ContentType).
			SetSize(a.Size).SetSha256(a.SHA256).SetKey(a.Key).SetError(clean(a.Error))
	}
	if len(creates) == 0 {
		return nil
	}
	if err := tx.Artifact.CreateBulk(creates...).Exec(ctx); err != nil {
		return fmt.Errorf("store the artifacts: %w", err)
	}
	return nil
}

// withoutNUL replaces the one escape that Postgres refuses in JSON.
func withoutNUL(doc []byte) []byte {
	return bytes.ReplaceAll(doc, []byte(`\u0000`), []byte(`\ufffd`))
}
