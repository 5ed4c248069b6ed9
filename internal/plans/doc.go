// Package plans keeps plans and their immutable versions. It is the only writer
// of those rows, and the one place that turns a stored source back into a
// spec.Plan.
package plans
