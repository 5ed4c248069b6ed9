//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// What a contract of the shop may take.
const (
	contractRequests = 500
	contractTarget   = 10 * time.Second
)

// runContract times contract cases of the shop's own OpenAPI document, with the
// shop in the same process.
func runContract(ctx context.Context, b *bench) (_ *section, err error) {
	s := shop.New(shop.WithPaymentDelay(0)) // a payment's pause is the shop's
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		err = errors.Join(err, server.Close(), s.Close())
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
	}()
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return nil, err
	}
	executor := contract.New(policy)
	var took sample
	last := &contractSink{}
	for range b.times(10, 3) {
		*last = contractSink{}
		began := time.Now()
		for seed := 1; last.requests < contractRequests; seed++ {
			outcome, err := executor.Execute(ctx, contractTask("http://"+l.Addr().String(), seed), last)
			if outcome != spec.OutcomePassed && outcome != spec.OutcomeFailed {
				return nil, fmt.Errorf("the contract case is %s: %w", outcome, err)
			}
		}
		took = append(took, time.Since(began))
	}
	return &section{
		rows: []row{{
			what:  fmt.Sprintf("contract cases of the shop's document with several seeds, %d requests", last.requests),
			value: took.spread(), target: fmt.Sprintf("≤ %s for %d", show(contractTarget), contractRequests), met: took.quantile(0.95) <= contractTarget,
		}, {
			what: "a request with its checks", value: show(took.median() / time.Duration(last.requests)),
		}},
		notes: []string{"Every operation of `examples/shop/openapi.yaml` with all checks, requests of both kinds, chains and the shrinking of findings; the shop " +
			"runs in the same process, so its work is within the figure, but not the pause that it makes for a payment. The target is judged by the 95th percentile."},
	}, executor.Close()
}

func contractTask(base string, seed int) executors.Task {
	budget := 1000
	return executors.Task{
		RunID: "run", ResultID: "result", Attempt: 1,
		Case: spec.Case{ID: "contract", Kind: spec.KindContract,
			Contract: spec.ContractCase{Schema: "/openapi.yaml", MaxRequests: &budget, Seed: &seed}},
		Scope: spec.NewScope(map[string]any{spec.VarBaseURL: base}, nil),
		Files: os.DirFS("."),
	}
}

// contractSink keeps how many requests were sent.
type contractSink struct{ requests int }

// Emit implements executors.Sink.
func (s *contractSink) Emit(e executors.Event) {
	if m, ok := e.(executors.Metric); ok && m.Name == "contract_requests" {
		s.requests += int(m.Value)
	}
}

// Attach implements executors.Sink.
func (s *contractSink) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }
