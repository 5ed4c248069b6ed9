package contract

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract/graphql"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

const (
	defaultRequests = 2000
	defaultTimeout  = 10 * time.Second
	cachedDocuments = 16
	atOnce          = 4 // requests of one case
)

// Executor performs contract cases. Documents are shared by its attempts.
type Executor struct {
	policy    *egress.Policy
	documents *lru.Cache[[sha256.Size]byte, *document]
}

// New returns an executor whose every connection is dialled through policy.
func New(policy *egress.Policy) *Executor {
	cache, err := lru.New[[sha256.Size]byte, *document](cachedDocuments)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Executor{policy: policy, documents: cache}
}

// Kind implements executors.Executor.
func (e *Executor) Kind() spec.Kind { return spec.KindContract }

// Close implements executors.Executor. Every attempt closes its own connections.
func (e *Executor) Close() error { return nil }

// Execute implements executors.Executor. Each operation is a step, each chain
// of what is created another, and they do not depend on one another. A document
// that cannot be used is OutcomeErrored.
func (e *Executor) Execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	sink = executors.MaskSink(sink, task.Scope)
	outcome, err := e.execute(ctx, task, sink)
	return outcome, executors.MaskError(err, task.Scope)
}

func (e *Executor) execute(ctx context.Context, task executors.Task, sink executors.Sink) (spec.Outcome, error) {
	settings, err := spec.Expand(task.Scope, task.Case.Contract)
	if err != nil {
		return executors.OutcomeOf(ctx, executors.Errorf("%w", err))
	}
	doc, err := e.document(ctx, settings, task)
	if err != nil {
		return executors.OutcomeOf(ctx, err)
	}
	if err := doc.refused(); err != nil && !settings.IgnoreInvalid {
		return executors.OutcomeOf(ctx, executors.Errorf("the document %s cannot be used: %w; ignoreInvalid: true uses the rest of it", strings.TrimPrefix(settings.Schema, "file://"), err))
	}
	r, err := e.begin(ctx, doc, settings, task, sink)
	if err != nil {
		return executors.OutcomeOf(ctx, err)
	}
	defer r.client.close()
	steps := r.steps()
	if len(doc.mistakes) > 0 {
		steps = append([]executors.Step{r.faulty()}, steps...)
	}
	if settings.Against != "" {
		before, err := e.read(ctx, settings.Against, task)
		if err != nil {
			return executors.OutcomeOf(ctx, err)
		}
		compare := r.changes
		if doc.graph != nil {
			compare = r.graphChanges
		}
		steps = append([]executors.Step{compare(before)}, steps...)
	}
	if r.known != nil {
		steps = append(steps, r.compared())
	}
	outcome, err := executors.RunIndependent(ctx, sink, steps)
	if r.client.sent > 0 && ctx.Err() == nil {
		r.tell(ctx)
	}
	return outcome, err
}

// document is what a case is about.
func (e *Executor) document(ctx context.Context, k spec.ContractCase, task executors.Task) (*document, error) {
	if k.Introspect {
		return e.introspect(ctx, k, task)
	}
	return e.load(ctx, k.Schema, task)
}

// load reads the document that a case names.
func (e *Executor) load(ctx context.Context, ref string, task executors.Task) (*document, error) {
	data, err := e.read(ctx, ref, task)
	if err != nil {
		return nil, err
	}
	return e.keep(strings.TrimPrefix(ref, "file://"), data)
}

// keep reads a document, once for the same bytes.
func (e *Executor) keep(name string, data []byte) (*document, error) {
	key := sha256.Sum256(data)
	if doc, ok := e.documents.Get(key); ok {
		return doc, nil
	}
	doc, err := loadDocument(data)
	if err != nil {
		return nil, executors.Errorf("the document %s cannot be used: %w", name, err)
	}
	e.documents.Add(key, doc)
	return doc, nil
}

func (e *Executor) read(ctx context.Context, ref string, task executors.Task) ([]byte, error) {
	if strings.HasPrefix(ref, "file://") {
		return readFile(task.Files, ref)
	}
	return e.fetch(ctx, ref, task)
}

func readFile(files fs.FS, ref string) ([]byte, error) {
	f, name, err := executors.OpenFile(files, ref)
	if err != nil {
		return nil, err
	}
	data, err := readDocument(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, executors.Errorf("the document %s cannot be used: %w", name, err)
	}
	return data, nil
}

func readDocument(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxDocument+1))
	if err == nil && len(data) > maxDocument {
		err = fmt.Errorf("it has more than %d MiB", maxDocument>>20)
	}
	return data, err
}

func (e *Executor) fetch(ctx context.Context, ref string, task executors.Task) ([]byte, error) {
	address, err := task.Scope.ResolveURL(ref)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	c := newClient(ctx, e.policy, defaultTimeout, 1)
	defer c.close()
	// Without use.auth: the document may lie with somebody else.
	if err := c.secure(task.Use.TLS, task.Scope, task.Files, e.policy.Mode()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, executors.Errorf("the document cannot be asked for: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		a, err := c.failed(ctx, req.URL, err)
		if err == nil {
			err = executors.Errorf("the document %s cannot be read: %s", address, a.broken)
		}
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or is given up
	if res.StatusCode != http.StatusOK {
		return nil, executors.Errorf("the document %s cannot be read: the answer is %d", address, res.StatusCode)
	}
	data, err := readDocument(res.Body)
	if err != nil {
		return nil, executors.Errorf("the document %s cannot be read: %w", address, err)
	}
	return data, nil
}

// begin prepares an attempt.
func (e *Executor) begin(ctx context.Context, doc *document, k spec.ContractCase, task executors.Task, sink executors.Sink) (*run, error) {
	seed := 1
	if k.Seed != nil {
		seed = *k.Seed
	}
	budget := defaultRequests
	if k.MaxRequests != nil {
		budget = *k.MaxRequests
	}
	c := newClient(ctx, e.policy, k.RequestTimeout.Or(defaultTimeout), budget)
	c.headers = k.Headers
	if err := c.identify(task.Use, task.Scope, task.Files, e.policy.Mode()); err != nil {
		return nil, err
	}
	if err := c.aim(doc, k, task.Scope); err != nil {
		return nil, err
	}
	r := &run{
		doc: doc, settings: k, plan: task.Case.Contract, use: spec.Use{Auth: task.Use.Auth, TLS: portable(task.Use.TLS, task.Files)}, client: c, sink: sink, seed: seed, budget: budget,
		good: map[*operation]*call{}, byPrint: map[string]*Finding{}, cover: newCoverage(),
		planner: &planner{
			generator: generator{doc: doc, rng: randomOf(seed, "")},
			examples:  k.Examples == nil || *k.Examples, asks: k.Asks, seen: map[string][]any{},
			depth: graphql.DefaultDepth, scalars: map[string]any{},
		},
	}
	if k.Depth != nil {
		r.planner.depth = *k.Depth
	}
	for name, v := range k.Scalars {
		r.planner.scalars[name] = v.V
	}
	if r.operations = chosen(doc, k); len(r.operations) == 0 {
		return nil, executors.Errorf("no operation of the document is described by include and exclude")
	}
	if err := r.remember(ctx, task); err != nil {
		return nil, err
	}
	return r, nil
}

// aim sets where requests go and what they say of their sender.
func (c *client) aim(doc *document, k spec.ContractCase, scope *spec.Scope) error {
	ref := k.URL
	switch {
	case ref == "" && doc.graph != nil:
		ref = "/graphql"
	case ref == "":
		ref = "/" + strings.TrimPrefix(doc.basePath, "/")
	}
	address, err := scope.ResolveURL(ref)
	if err != nil {
		return executors.Errorf("%w", err)
	}
	if c.base, err = url.Parse(address); err != nil {
		return executors.Errorf("%w", err)
	}
	if c.base.Fragment = ""; doc.graph == nil {
		c.base.RawQuery = ""
	}
	for _, name := range sorted(k.Auth) {
		if _, ok := doc.schemes[name]; !ok {
			return executors.Errorf("auth names %s, but the document has no such security scheme; it has %s", name,
				orNone(strings.Join(sorted(doc.schemes), ", ")))
		}
	}
	for _, name := range sorted(doc.schemes) {
		c.auth = append(c.auth, credential{scheme: doc.schemes[name], secret: k.Auth[name]})
	}
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
