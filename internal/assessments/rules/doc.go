// Package rules judges a run by what was measured and by nothing else: the same
// input gives the same assessment, with no provider and no clock.
//
// Four criteria are scored from 0 to 1: the user interface, performance,
// accessibility and functionality. What was not measured is not assessed: it is
// never 0 and never a guess, and lowers the confidence. Whatever an assessment
// says names its evidence.
//
// The room is pure. Its constants stand in constants.go, each with its source;
// "ours" marks those that no outside source gives.
package rules
