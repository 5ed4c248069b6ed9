package events

import "github.com/semantest/semantest/internal/apperr"

// errClosed ends followers when the process shuts down; a client resumes by its
// cursor elsewhere.
var errClosed = apperr.New(apperr.Unavailable, "the server is shutting down; connect again and resume after the last number you have seen")
