package armour

import "context"

type bodyKey struct{}

// WithBodySize tells how many bytes the request had.
func WithBodySize(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, bodyKey{}, n)
}

// BodySize returns what WithBodySize told, or 0.
func BodySize(ctx context.Context) int {
	n, _ := ctx.Value(bodyKey{}).(int)
	return n
}
