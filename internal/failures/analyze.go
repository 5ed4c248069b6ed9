package failures

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent/failurecluster"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/failures/signature"
	"github.com/semantest/semantest/internal/store"
)

// Status of an analysis.
type Status string

// The states of an analysis.
const (
	Pending     Status = "PENDING"
	Analyzed    Status = "ANALYZED"
	NotAnalyzed Status = "NOT_ANALYZED"
)

// Analysis is what a model says of a cluster.
type Analysis struct {
	Status      Status          `json:"status"`
	Reason      string          `json:"reason"` // why it is not analysed
	Cause       signature.Cause `json:"cause,omitempty"`
	Confidence  float64         `json:"confidence"` // share of the votes that agree, 0–1
	Votes       int             `json:"votes"`      // answers that counted
	Explanation string          `json:"explanation"`
	Quotes      []Quote         `json:"quotes"`
	Dropped     int             `json:"dropped"` // quotations that are in no failure
	Model       string          `json:"model"`
	Asked       string          `json:"asked"` // the model that was asked for; empty for the configured one
	ProjectID   string          `json:"projectId"`
	FinishedAt  *time.Time      `json:"finishedAt"`
}

// Quote is a part of a failure, word for word.
type Quote struct {
	Text     string `json:"text"`
	ResultID string `json:"resultId"`
	CaseKey  string `json:"caseKey"`
}

// Ask is what somebody wants to have analysed.
type Ask struct {
	RunID     string // all clusters of a run
	ClusterID string // or one
	Model     string // instead of the configured one
}

// maxAnalyses bounds how many clusters of a run are analysed: the largest.
const maxAnalyses = 10

// Analyze asks for analyses, which jobs make. It returns the clusters, whose
// analyses are pending.
func (s *Service) Analyze(ctx context.Context, ask Ask) ([]*Cluster, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	clusters, err := s.asked(ctx, ask)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(clusters))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i, c := range clusters {
			ids[i] = c.ID
			c.Analysis = &Analysis{Status: Pending, Asked: ask.Model, ProjectID: p.ProjectID, Quotes: []Quote{}}
			if err := keep(ctx, tx, c.ID, c.Analysis); err != nil {
				return err
			}
			err := audit.Record(ctx, tx.AuditEntry, audit.Entry{ProjectID: p.ProjectID, Action: "failures.analyzed", ObjectID: c.ID})
			if err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return s.enqueuer.EnqueueAnalyses(ctx, tx, ids...)
	})
	return clusters, err
}

// asked reads the clusters that a question is about.
func (s *Service) asked(ctx context.Context, ask Ask) ([]*Cluster, error) {
	switch {
	case (ask.RunID == "") == (ask.ClusterID == ""):
		return nil, apperr.Invalid("runId", "give either runId or clusterId")
	case len(ask.Model) > 200:
		return nil, apperr.Invalid("model", "the name of a model has at most 200 characters")
	case ask.ClusterID != "":
		c, err := s.Get(ctx, ask.ClusterID)
		return []*Cluster{c}, err
	}
	run, err := s.runs.Get(ctx, ask.RunID)
	if err != nil {
		return nil, err
	}
	if run.FinishedAt == nil {
		return nil, apperr.New(apperr.Conflict, "the run %s has not ended; ask when it has", run.ID)
	}
	groups, err := s.OfRun(ctx, run)
	if err != nil {
		return nil, err
	}
	out := []*Cluster{}
	for _, g := range groups[:min(len(groups), maxAnalyses)] {
		out = append(out, g.Cluster)
	}
	return out, nil
}

// Perform makes a pending analysis. For the worker: it checks no permission, and
// does nothing where none is pending.
func (s *Service) Perform(ctx context.Context, clusterID string) error {
	row, err := s.store.Ent.FailureCluster.Query().Where(failurecluster.ID(clusterID)).Only(ctx)
	if err != nil {
		return fmt.Errorf("read cluster %s: %w", clusterID, err)
	}
	c, err := of(row)
	if err != nil || c.Analysis == nil || c.Analysis.Status != Pending {
		return err
	}
	groups, err := s.groups(ctx, groupsWhere+"f.cluster_id = $1"+groupsEnd, clusterID)
	if err != nil || len(groups) == 0 {
		return err
	}
	made, err := s.explain(ctx, groups[0], c.Analysis.Asked)
	if err != nil {
		return err
	}
	made.Asked, made.ProjectID = c.Analysis.Asked, c.ProjectID
	now := time.Now()
	made.FinishedAt = &now
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return keep(ctx, tx, clusterID, made) })
}

func keep(ctx context.Context, tx *store.Tx, id string, a *Analysis) error {
	doc, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode the analysis of cluster %s: %w", id, err)
	}
	if err := tx.FailureCluster.UpdateOneID(id).SetAnalysis(doc).Exec(ctx); err != nil {
		return fmt.Errorf("store the analysis of cluster %s: %w", id, err)
	}
	return nil
}
