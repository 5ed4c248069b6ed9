// Package assessments judges runs and results and keeps the judgements. It is
// the only writer of their rows.
//
// The end of a run opens its assessment in the same transaction, with the job
// that makes it; a person may ask for another one at any time, with weights of
// their own. The judgement itself is made by a pure room: rules scores what was
// measured. This room reads the evidence, stores the judgement, and tells it
// among the events of the run.
package assessments
