// Package load performs cases of kind load: virtual users who send requests,
// open and closed patterns of load by k6's names, what was measured, and the
// thresholds that judge it.
//
// A virtual user owns one connection for each origin and reads answers with
// fasthttp's codec; requests in which nothing varies are written once. Latency
// is told twice: from the moment at which a request was due (the headline, so
// that a target that stalls cannot hide it) and from the moment at which it was
// sent. What the checks and captures of a step mean is given from outside, so
// that a load and the api case that it uses cannot disagree.
//
// Everything that a target answers is hostile: headers, bodies and time are
// bounded. The package knows the plan language and the contract of executors,
// and nothing of runs, queues or the graph.
package load
