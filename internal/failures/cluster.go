package failures

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/failures/signature"
)

// Cluster is one kind of failure in a project.
type Cluster struct {
	ID          string
	ProjectID   string
	Signature   string
	Code        string
	Check       string
	Operation   string
	Title       string
	Cause       signature.Cause // by rules
	Rule        string
	Why         string
	Quote       string
	FirstRunID  string
	FirstSeenAt time.Time
	LastSeenAt  time.Time
	Analysis    *Analysis // nil where nobody asked for one
}

// Group is a cluster with what there is of it in a run or a window.
type Group struct {
	Cluster    *Cluster
	Count      int      // results
	Runs       int      // that have it
	CaseCount  int      // different cases
	Cases      []string // their keys, the first ones
	New        bool     // whether it was not there before
	FlakyShare float64  // of the results, those that passed when they were tried again
	Examples   []Example
}

// Example is one failure of a group.
type Example struct {
	ResultID string
	RunID    string
	CaseKey  string
	Attempt  int
	Message  string
}

// of reads a row.
func of(row *ent.FailureCluster) (*Cluster, error) {
	out := &Cluster{
		ID: row.ID, ProjectID: row.ProjectID, Signature: row.Signature, Code: row.Code, Check: row.CheckName, Operation: row.Operation, Title: row.Title,
		Cause: signature.Cause(row.Cause), Rule: row.Rule, Why: row.Why, Quote: row.Quote,
		FirstRunID: row.FirstRunID, FirstSeenAt: row.FirstSeenAt, LastSeenAt: row.LastSeenAt,
	}
	if len(row.Analysis) > 0 {
		out.Analysis = &Analysis{}
		if err := json.Unmarshal(row.Analysis, out.Analysis); err != nil {
			return nil, fmt.Errorf("read the analysis of cluster %s: %w", row.ID, err)
		}
	}
	return out, nil
}
