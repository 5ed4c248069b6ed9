package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Replayed is what came of sending a finding again.
type Replayed struct {
	Finding *Finding
	Still   bool     // the finding is there again
	Message string   // what was found, or what came instead
	Lines   []string // each request with the status of its answer
}

// Variables lists the variables that a finding's headers and credentials name;
// their values are not in its file.
func (f *Finding) Variables() map[string]bool {
	return spec.References([]any{f.Headers, f.Auth, f.UseAuth, f.UseTLS})
}

// ReadFinding reads the file of a finding.
func ReadFinding(data []byte) (*Finding, error) {
	if len(data) > maxDocument {
		return nil, fmt.Errorf("the finding has more than %d MiB", maxDocument>>20)
	}
	var f Finding
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("the finding is not JSON: %s", oneLine(err.Error()))
	}
	if f.Format != findingFormat || len(f.Requests) == 0 {
		return nil, fmt.Errorf("the file is no finding of a contract case: those are attached to its result as finding-1.json and so on")
	}
	for i, r := range f.Requests {
		if r == nil || i == len(f.Requests)-1 && f.Purpose == "" {
			return nil, fmt.Errorf("the finding lacks a request or its purpose")
		}
	}
	return &f, nil
}

// Replay sends the requests of a finding again, exactly as they were, and says
// whether the same is found. Variables of its headers come from scope; BASE_URL,
// where scope has it, leads to another place than the one it was found at.
func (f *Finding) Replay(ctx context.Context, policy *egress.Policy, scope *spec.Scope) (*Replayed, error) {
	data, err := json.Marshal(f.Document)
	if err != nil {
		return nil, fmt.Errorf("read the document of the finding: %w", err)
	}
	op := &operation{method: "GET", path: "/*", responses: map[string]*response{}}
	doc := &document{}
	if f.Purpose != unknownPath {
		if doc, err = loadDocument(data); err != nil {
			return nil, fmt.Errorf("the document within the finding cannot be used: %w", err)
		}
		if op = doc.find(f.Operation); op == nil && doc.graph != nil && f.Operation == protocolName {
			op = protocol(doc.graph)
		}
		if op == nil {
			return nil, fmt.Errorf("the document within the finding has no operation %s", f.Operation)
		}
	}
	settings, err := spec.Expand(scope, spec.ContractCase{Headers: f.Headers, Auth: f.Auth})
	if err != nil {
		return nil, err
	}
	c := newClient(ctx, policy, defaultTimeout, len(f.Requests))
	defer c.close()
	c.headers = settings.Headers
	if err := c.identify(spec.Use{Auth: f.UseAuth, TLS: f.UseTLS}, scope, noFiles{}, policy.Mode()); err != nil {
		return nil, err
	}
	if settings.URL, err = f.target(scope); err != nil {
		return nil, err
	}
	if err := c.aim(doc, settings, scope); err != nil {
		return nil, err
	}
	answers, err := c.play(ctx, f.Requests)
	out := &Replayed{Finding: f}
	for i, a := range answers {
		out.Lines = append(out.Lines, fmt.Sprintf("%s %s: %s", f.Requests[i].Method, f.Requests[i].Path, a.summary()))
	}
	if errors.Is(err, errUnbound) {
		out.Message = "the first request does not create anything any more"
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	last := answers[len(answers)-1]
	for _, v := range judge(ctx, op, f.Purpose, f.What, f.Requests[len(f.Requests)-1], last) {
		if fingerprint(op, v) == f.Fingerprint {
			out.Still, out.Message = true, v.check+": "+v.message
			return out, nil
		}
	}
	out.Message = f.Check + " holds now: " + last.summary()
	return out, nil
}

// noFiles is what lies beside a finding.
type noFiles struct{}

// Open implements fs.FS.
func (noFiles) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// target is where the finding was made, or the same path below BASE_URL.
func (f *Finding) target(scope *spec.Scope) (string, error) {
	base, ok := scope.Get(spec.VarBaseURL)
	if !ok || base == "" {
		return f.BaseURL, nil
	}
	u, err := url.Parse(f.BaseURL)
	if err != nil {
		return "", fmt.Errorf("the address of the finding cannot be read: %w", err)
	}
	return scope.ResolveURL("/" + strings.TrimPrefix(u.Path, "/"))
}

func (a *answer) summary() string {
	if a.broken != "" {
		return a.broken
	}
	return fmt.Sprintf("%d %s", a.status, excerpt.Of(oneLine(strings.ToValidUTF8(string(a.body), "?")), 200))
}
