package jobs

import (
	"strings"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/internal/spec"
)

// CaseArgs asks for one attempt of one case.
type CaseArgs struct {
	RunID     string `json:"runId"`
	ResultID  string `json:"resultId"`
	Attempt   int    `json:"attempt"`
	TimeoutMS int64  `json:"timeoutMs"`
	Target    string `json:"target,omitempty"` // host that the case is about, where that is known
}

// Kind implements river.JobArgs.
func (CaseArgs) Kind() string { return "case" }

// PartArgs asks for one part of an attempt that several workers share.
type PartArgs struct {
	PartID    string `json:"partId"`
	RunID     string `json:"runId"`
	ResultID  string `json:"resultId"`
	TimeoutMS int64  `json:"timeoutMs"`
}

// Kind implements river.JobArgs.
func (PartArgs) Kind() string { return "load_part" }

// maxDeliveries bounds how often River delivers a job whose claim failed, as
// when the database was away. It has nothing to do with a case's retries.
const maxDeliveries = 20

// Queue returns the name of a kind's queue.
func Queue(kind spec.Kind) string { return "case_" + string(kind) }

// kindOf is the kind whose queue has that name.
func kindOf(queue string) spec.Kind { return spec.Kind(strings.TrimPrefix(queue, "case_")) }

func insertOpts(kind spec.Kind, priority int) *river.InsertOpts {
	return &river.InsertOpts{Queue: Queue(kind), Priority: priority, MaxAttempts: maxDeliveries}
}
