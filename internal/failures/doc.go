// Package failures puts the failures of runs together that are of the same kind,
// keeps those clusters, and says what caused them. It is the only writer of their
// rows.
//
// A cluster is what has the same signature in a project, see package signature. It
// is known from the first run that has it, so that a run can tell what is new. What
// rules cannot say, a model may be asked; what it answers counts as far as the
// quotations in it are in the failures, word for word.
package failures
