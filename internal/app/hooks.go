package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/triggers"
)

// Bounds of requests to triggers, which anybody may send.
const (
	hooksAtOnce = 32
	hookWithin  = 30 * time.Second
)

// hooks answers the signed requests that start runs.
func (a *App) hooks() http.Handler {
	places := make(chan struct{}, hooksAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost { // the page would answer it with 200
			w.Header().Set("Allow", http.MethodPost)
			refuseWith(w, http.StatusMethodNotAllowed, apperr.New(apperr.InvalidInput, "send the request with POST"))
			return
		}
		body, err := hookBody(w, r)
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuseWith(w, http.StatusRequestEntityTooLarge, apperr.Invalid("body", "the body has more than %d bytes", large.Limit))
			return
		}
		if err != nil {
			a.refuse(w, r, apperr.Wrap(err, apperr.InvalidInput, "the body broke off"))
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			a.refuse(w, r, apperr.New(apperr.RateLimited, "too many requests at once; send the request again later"))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), hookWithin)
		defer cancel()
		run, again, err := a.triggers.Fire(ctx, r.PathValue("id"), r.Header, body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		status := http.StatusAccepted
		if again {
			status = http.StatusOK
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"runId": run.ID, "again": again}) // the sender may be gone
	})
}

// hookBody reads a body that is neither large nor slow.
func hookBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(hookWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, triggers.MaxBody))
}
