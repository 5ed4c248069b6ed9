// Package signature names failures so that two of the same kind have the same
// name, whatever data they ran with, and says what caused them where that is plain
// to see. It is pure: the same failure gives the same answers, always.
//
// A signature is a hash of what a failure is made of: its code, such as a status or
// a refused connection, the check or the action that did not hold, and its message
// without what changes from run to run. docs/analysis.md tells the rules.
package signature
