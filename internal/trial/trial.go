package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/spoil"
	"github.com/semantest/semantest/internal/spec"
)

// within bounds one attempt of a case that is tried out.
const within = 30 * time.Second

// Trial performs generated cases against one target: as it is, and with faults in
// its answers. It stores nothing. Close must be called.
type Trial struct {
	target    string
	faulty    map[accept.Fault]string // base addresses
	executors map[spec.Kind]executors.Executor
	closers   []func() error
}

var _ accept.Performer = (*Trial)(nil)

// Open begins. The policy is the trial's own: the ways to the spoiled target
// are added to it.
func Open(target string, policy *egress.Policy, browsers browser.Options, logger *slog.Logger) (*Trial, error) {
	base, err := url.Parse(target)
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, apperr.Invalid("target", "the target %q is no http or https address", target)
	}
	t := &Trial{target: target, faulty: map[accept.Fault]string{}}
	client := policy.Client(egress.Timeouts{Total: within})
	t.closers = append(t.closers, func() error { client.CloseIdleConnections(); return nil })
	for _, fault := range accept.Faults() {
		address, err := t.serve(spoil.Handler(base, client.Transport, fault))
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		t.faulty[fault] = "http://" + address.String()
		policy.Allow(egress.Allowed{{Prefix: netip.PrefixFrom(address.Addr(), address.Addr().BitLen()), Port: address.Port()}})
	}
	browsers.Egress, browsers.Log = policy, logger
	exchanges, pages, documents := api.New(policy), browser.New(browsers), contract.New(policy)
	t.executors = map[spec.Kind]executors.Executor{spec.KindAPI: exchanges, spec.KindBrowser: pages, spec.KindContract: documents}
	for _, e := range t.executors {
		t.closers = append(t.closers, e.Close)
	}
	return t, nil
}

func (t *Trial) serve(h http.Handler) (netip.AddrPort, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("serve the target with faults: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: within, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	var done sync.WaitGroup
	done.Go(func() { _ = server.Serve(listener) }) // it ends when it is closed
	t.closers = append(t.closers, func() error { err := server.Close(); done.Wait(); return err })
	return netip.ParseAddrPort(listener.Addr().String())
}

// Close ends what the trial has begun.
func (t *Trial) Close() error {
	var errs []error
	for i := len(t.closers) - 1; i >= 0; i-- {
		errs = append(errs, t.closers[i]())
	}
	return errors.Join(errs...)
}

// Able implements accept.Performer.
func (t *Trial) Able(kind spec.Kind) bool { return t.executors[kind] != nil }

// Perform implements accept.Performer: it performs every case of the plan, and
// ends with the first one that does not pass.
func (t *Trial) Perform(ctx context.Context, plan *spec.Plan, files map[string][]byte, fault accept.Fault) accept.Ending {
	end := accept.Ending{Outcome: spec.OutcomePassed}
	for _, c := range plan.Expand() {
		if end = t.one(ctx, plan, c, files, fault); !end.Outcome.Good() {
			return end
		}
	}
	return end
}

func (t *Trial) one(ctx context.Context, plan *spec.Plan, c spec.ExpandedCase, files map[string][]byte, fault accept.Fault) accept.Ending {
	vars := map[string]any{}
	for k, v := range plan.Env {
		vars[k] = v
	}
	for k, v := range c.Matrix {
		vars[k] = v
	}
	vars[spec.VarBaseURL] = cmp.Or(t.faulty[fault], t.target)
	beside := fstest.MapFS{}
	for name, data := range files {
		beside[name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	ctx, cancel := context.WithTimeout(ctx, min(plan.Use.Timeout.Or(within), within))
	defer cancel()
	use := plan.Use
	if c.Kind == spec.KindBrowser {
		use.StepTimeout = spec.Duration(use.StepTimeout.Or(5 * time.Second))
	}
	seen := &witness{}
	outcome, err := t.executors[c.Kind].Execute(ctx, executors.Task{
		RunID: "trial", ResultID: c.Key, Attempt: 1, Case: c.Case, Use: use, Scope: spec.NewScope(vars, nil), Files: beside,
	}, seen)
	end := accept.Ending{Outcome: outcome, Failed: seen.failed}
	if err != nil {
		end.Error = err.Error()
	}
	return end
}

// witness notes which checks did not pass.
type witness struct {
	mu     sync.Mutex
	failed []string
}

// Emit implements executors.Sink.
func (w *witness) Emit(e executors.Event) {
	step, ok := e.(executors.StepFinished)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range step.Checks {
		if !c.Passed {
			w.failed = append(w.failed, fmt.Sprintf("step %d: %s", step.Index+1, c.Name))
		}
	}
}

// Attach implements executors.Sink.
func (w *witness) Attach(_ context.Context, a executors.Attachment) error {
	_, err := io.Copy(io.Discard, a.Body)
	return errors.Join(err, a.Body.Close())
}
