// Package scalar holds the graph's own scalars.
package scalar
