// Package baselines keeps what people have accepted as the reference of
// pictures, accessibility trees, findings and figures, what attempts found when
// they compared with it, and what people said of that.
//
// A baseline belongs to a project, a plan, a branch, a case, a name, a browser
// and a viewport, and has one or more accepted variants; contents lie in the
// blob store by their digest. A comparison is new, changed or the same; the
// first two wait for a person, who accepts or rejects them. What was rejected is
// known again when it is seen again.
//
// It is the only writer of its rows. Recorder takes part in the transaction in
// which internal/runs stores an attempt; reviews are told among the run's
// events through internal/runs.
package baselines
