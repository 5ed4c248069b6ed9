package api

// WithMaxDownload lowers the limit of what is kept while it comes, so that tests
// reach it in time. It is whole MiB.
func WithMaxDownload(n int64) Option { return func(e *Executor) { e.maxDownload = n } }
