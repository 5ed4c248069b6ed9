// Package metrics counts what a process does, for Prometheus.
//
// The names, labels and buckets are those that operators' dashboards are made
// for; docs/metrics.md lists them. The number of series is bounded whatever people
// do: no label holds an id, an address, a path or a text of a plan, and a label
// that others may name values of takes a few and calls the rest "other".
//
// Each process counts for itself, so that sums over processes are right. The depth
// of queues alone is of the database that all of them share.
package metrics
