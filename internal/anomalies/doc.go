// Package anomalies finds the cases of a run whose duration or metrics do not fit
// the runs before it.
//
// It reads the newest runs of the same plan, environment and branch within a
// window, and judges each series by package assessments/anomaly: at least eight
// values, a difference of a tenth at least, and two runs in a row. Everything is
// read from what runs have stored, so an anomaly can be computed again at any time.
package anomalies
