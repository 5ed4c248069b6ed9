package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	defaultTimeout = time.Minute
	maxTimeout     = 10 * time.Minute
	maxResponse    = 8 << 20 // bytes
	maxShown       = 300     // of a response in a sentence
)

// response is what a target sent back. Of a stream the body is what was read.
type response struct {
	status      int
	contentType string
	body        []byte
}

// send makes a request with a JSON body and reads what comes, piece by piece where
// there is a reader for it.
func send(ctx context.Context, web *http.Client, method, address string, headers map[string]string, body any, read func(io.Reader) error) (*response, error) {
	var payload io.Reader = http.NoBody
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, executors.Errorf("the body cannot be written as JSON: %w", err)
		}
		payload = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		if strings.EqualFold(name, "Host") {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := web.Do(req)
	if err != nil {
		return nil, unreached(ctx, req.URL, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	r := &response{status: resp.StatusCode, contentType: resp.Header.Get("Content-Type")}
	limited := &io.LimitedReader{R: resp.Body, N: maxResponse + 1}
	if read != nil && r.status < http.StatusBadRequest {
		var seen bytes.Buffer
		err = read(io.TeeReader(limited, &seen))
		r.body = seen.Bytes()
	} else {
		r.body, err = io.ReadAll(limited)
	}
	switch {
	case limited.N <= 0:
		return nil, faultf("the response is larger than the limit of %d MiB", maxResponse>>20)
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		if f, ok := errors.AsType[*fault](err); ok {
			return nil, f
		}
		return nil, faultf("the response broke off: %s", err)
	case r.status >= http.StatusBadRequest:
		return nil, faultf("the target answered %d %s: %s", r.status, http.StatusText(r.status), excerpt.Line(string(r.body), maxShown))
	}
	return r, nil
}

// unreached tells what no response means.
func unreached(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if denied, ok := errors.AsType[*apperr.Error](err); ok && errors.Is(err, egress.ErrDenied) {
		return &executors.Failure{Outcome: spec.OutcomeErrored, Message: denied.Message, Err: err}
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" || strings.Contains(err.Error(), "tls: ") {
		return &executors.Unreachable{Target: executors.TargetOf(u), Err: executors.Errorf("%s cannot be reached: %w", executors.TargetOf(u), err)}
	}
	return faultf("the target gave no answer: %s", excerpt.Line(err.Error(), maxShown))
}

// decode reads one JSON value.
func decode(data []byte) (any, error) {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	return v, nil
}
