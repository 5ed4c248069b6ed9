package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// maxAnswer bounds what is read of one answer.
const maxAnswer = 64 << 20

// Client is one server with one token.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// New returns a client of the server at an address such as
// http://127.0.0.1:8080.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, apperr.Invalid("remote", "%q is not the address of a server; use http://host:port", address)
	}
	return &Client{base: u, token: token, http: &http.Client{Timeout: time.Minute}}, nil
}

// Do performs an operation and reads its data into out. An error of the server
// comes back with its code and sentence. Where the server says to come again
// later, it does.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any, out any) error {
	return c.patiently(ctx, func() error { return c.once(ctx, query, variables, out) })
}

func (c *Client) once(ctx context.Context, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("graphql").String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("prepare the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	answer, status, err := c.send(req)
	if err != nil {
		return err
	}
	var envelope struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphError    `json:"errors"`
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		return apperr.New(apperr.Unavailable, "%s does not answer like a Semantest server (status %d)", c.base, status)
	}
	if len(envelope.Errors) > 0 {
		return envelope.Errors[0].asError()
	}
	if err := json.Unmarshal(envelope.Data, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	return nil
}

// Artifact returns the content behind an artifact's url, up to limit bytes.
func (c *Client) Artifact(ctx context.Context, path string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(path).String(), nil)
	if err != nil {
		return nil, fmt.Errorf("prepare the request: %w", err)
	}
	body, status, err := c.send(req)
	switch {
	case err != nil:
		return nil, err
	case status != http.StatusOK:
		return nil, fmt.Errorf("the server answered %d", status)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	return body, nil
}

func (c *Client) send(req *http.Request) ([]byte, int, error) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		if cause := context.Cause(req.Context()); cause != nil {
			return nil, 0, cause
		}
		return nil, 0, apperr.Wrap(err, apperr.Unavailable, "the server %s cannot be reached", c.base)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("the answer is too large")
	}
	if err != nil {
		return nil, 0, apperr.Wrap(err, apperr.Unavailable, "the answer of %s broke off", c.base)
	}
	return body, res.StatusCode, nil
}

// graphError is an error in a GraphQL answer.
type graphError struct {
	Message    string `json:"message"`
	Extensions struct {
		Code   apperr.Code `json:"code"`
		Field  string      `json:"field"`
		Reason string      `json:"reason"`

		RetryAfter int `json:"retryAfter"` // seconds
	} `json:"extensions"`
}

func (e graphError) asError() error {
	code := e.Extensions.Code
	if code == "" {
		code = apperr.Internal
	}
	out := &apperr.Error{Code: code, Field: e.Extensions.Field, Message: e.Message}
	if e.Extensions.Reason != "" {
		out = out.With("reason", e.Extensions.Reason)
	}
	if e.Extensions.RetryAfter > 0 {
		out = out.With("retryAfter", e.Extensions.RetryAfter)
	}
	return out
}
