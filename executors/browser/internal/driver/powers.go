package driver

// Power returns a page as the interface of a power, and false where its engine
// has not got it.
func Power[T any](p Page) (T, bool) {
	t, ok := p.(T)
	return t, ok
}
