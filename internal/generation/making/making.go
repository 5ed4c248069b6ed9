package making

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/bymodel"
	"github.com/semantest/semantest/internal/generation/byrules"
	"github.com/semantest/semantest/internal/generation/crawl"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/spec"
)

// Defaults of a request.
const (
	DefaultCases    = 10
	DefaultCoverage = 0.8
	DefaultTimeout  = 30 * time.Second
)

// Limits of a request.
const (
	MaxCases     = 100
	MaxTimeout   = 10 * time.Minute
	MaxSource    = 4 << 20 // bytes of a document or of requirements
	MaxDepth     = 5       // of a crawl
	MaxPages     = 50      // of a crawl
	ByRules      = "RULES" // the generator that is no model
	maxEnvironID = 50
)

// Request is what somebody wants cases of.
type Request struct {
	Source      Source      `json:"source"`
	Target      string      `json:"target,omitempty"` // base address; the source's own where it is empty
	Environment string      `json:"environment,omitempty"`
	Kinds       []spec.Kind `json:"kinds,omitempty"` // empty for all that can be generated
	MaxCases    int         `json:"maxCases"`
	Coverage    float64     `json:"coverage"` // 0–1
	Model       string      `json:"model,omitempty"`
	NoRun       bool        `json:"noRun,omitempty"`   // perform nothing
	Project     string      `json:"project,omitempty"` // whose budget a model is asked on
}

// Source is what cases are made of: exactly one of its parts.
type Source struct {
	OpenAPI    string `json:"openapi,omitempty"`    // the document itself
	OpenAPIURL string `json:"openapiUrl,omitempty"` // or where it lies

	Crawl        *Crawl `json:"crawl,omitempty"`
	Requirements string `json:"requirements,omitempty"` // one a line
}

// Crawl says which pages of the target are read.
type Crawl struct {
	URL   string `json:"url"`
	Depth int    `json:"depth"` // links from the first page, 0–5
	Pages int    `json:"pages"` // 1–50
}

// Kind says what the source is: openapi, crawl or requirements.
func (s Source) Kind() string {
	switch {
	case s.Crawl != nil:
		return "crawl"
	case s.Requirements != "":
		return "requirements"
	}
	return "openapi"
}

// Made is what came of a request.
type Made struct {
	Frame     draft.Frame
	Generator string // RULES or the name of the model
	Verdicts  []accept.Verdict
	Coverage  float64 // of what there is to cover, by what was proposed
	Notes     []string
	FromCache bool          // whether a model had given its answer before
	CacheAge  time.Duration // how old that was
}

// Stage is what is being done.
type Stage string

// The stages, in their order.
const (
	Reading    Stage = "reading"    // the source is being read
	Generating Stage = "generating" // cases are being made of it
	Checking   Stage = "checking"   // they are being judged
)

// Progress says where a request stands.
type Progress struct {
	Stage    Stage
	Tried    int // cases that were judged
	Of       int // cases that there are
	Proposed int
	Verdict  *accept.Verdict // the case that was judged last
}

// Tools are what a request needs of others.
type Tools struct {
	// Fetch reads what lies at an address, by the egress policy.
	Fetch func(ctx context.Context, address string, most int64) ([]byte, error)
	// Try begins to perform cases against a target; done ends that.
	Try func(target string) (p accept.Performer, done func() error, err error)
	// Model writes cases of requirements; nil where none is configured.
	Model bymodel.Model
	// Export says whether a case can be exported to something that compiles.
	Export func(plan *spec.Plan) (skipped string, err error)
	// Existing are the cases of the plan that the new ones are for.
	Existing []spec.Case
	Progress func(Progress) // may be nil
}

// Check says what of a request cannot be.
func (r *Request) Check() error {
	r.MaxCases, r.Coverage = cmp.Or(r.MaxCases, DefaultCases), cmp.Or(r.Coverage, DefaultCoverage)
	given := 0
	if r.Source.Crawl != nil {
		given++
	}
	for _, text := range []string{r.Source.OpenAPI, r.Source.OpenAPIURL, r.Source.Requirements} {
		if text != "" {
			given++
		}
		if len(text) > MaxSource {
			return apperr.Invalid("source", "the source has %d bytes; it may have %d", len(text), MaxSource)
		}
	}
	switch {
	case given != 1:
		return apperr.Invalid("source", "give exactly one source: an OpenAPI document or its address, pages to crawl, or requirements")
	case r.Source.Crawl != nil && (!webAddress(r.Source.Crawl.URL) || r.Source.Crawl.Depth < 0 || r.Source.Crawl.Depth > MaxDepth || r.Source.Crawl.Pages < 1 || r.Source.Crawl.Pages > MaxPages):
		return apperr.Invalid("source", "a crawl needs an http or https address, a depth of 0 to %d and 1 to %d pages", MaxDepth, MaxPages)
	case r.MaxCases < 1 || r.MaxCases > MaxCases:
		return apperr.Invalid("maxCases", "maxCases is %d; it may be 1 to %d", r.MaxCases, MaxCases)
	case !(r.Coverage > 0 && r.Coverage <= 1):
		return apperr.Invalid("coverage", "coverage is %v; it may be more than 0 and up to 1", r.Coverage)
	case len(r.Environment) > maxEnvironID:
		return apperr.Invalid("environment", "the name of an environment has at most %d characters", maxEnvironID)
	}
	for field, text := range map[string]string{"target": r.Target, "source": r.Source.OpenAPIURL} {
		if text != "" && !webAddress(text) {
			return apperr.Invalid(field, "%.100q is no http or https address", text)
		}
	}
	return nil
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && len(text) <= 2000
}

// Make makes cases and judges them. What was made until ctx ends is the answer;
// an error says that there is nothing at all.
func Make(ctx context.Context, r Request, t Tools) (*Made, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	tell := func(p Progress) {
		if t.Progress != nil {
			t.Progress(p)
		}
	}
	tell(Progress{Stage: Reading})
	made := &Made{Generator: ByRules}
	set, err := made.read(ctx, r, t, tell)
	if err != nil {
		return nil, err
	}
	set.Frame.BaseURL = strings.TrimSuffix(cmp.Or(r.Target, set.Frame.BaseURL), "/")
	set.Frame.Environment = r.Environment
	made.Frame, made.Notes = set.Frame, set.Notes
	f := accept.Filter{
		Frame: set.Frame, Cites: set.Cites, Universe: set.Universe, Existing: t.Existing, Kinds: r.Kinds,
		MaxCases: r.MaxCases, Coverage: r.Coverage, Export: t.Export,
	}
	switch {
	case r.NoRun:
		made.Notes = append(made.Notes, "nothing was performed, as was asked for")
	case set.Frame.BaseURL == "":
		made.Notes = append(made.Notes, "nothing was performed: the source names no address, so give a target")
	default:
		p, done, err := t.Try(set.Frame.BaseURL)
		if err != nil {
			return nil, err
		}
		defer func() { _ = done() }() // what was found is found
		f.Performer = p
	}
	proposed := 0
	f.Progress = func(v accept.Verdict, tried, of int) {
		if v.State == accept.Proposed {
			proposed++
		}
		tell(Progress{Stage: Checking, Tried: tried, Of: of, Proposed: proposed, Verdict: &v})
	}
	tell(Progress{Stage: Checking, Of: len(set.Cases)})
	made.Verdicts, made.Coverage = f.Judge(ctx, set.Cases)
	return made, nil
}

// read reads the source and makes cases of it.
func (m *Made) read(ctx context.Context, r Request, t Tools, tell func(Progress)) (*draft.Set, error) {
	switch {
	case r.Source.Crawl != nil:
		return crawled(ctx, *r.Source.Crawl, t, tell)
	case r.Source.Requirements != "":
		tell(Progress{Stage: Generating})
		a, err := bymodel.Make(ctx, t.Model, bymodel.Ask{
			Requirements: r.Source.Requirements, Target: r.Target, MaxCases: r.MaxCases, Model: r.Model, Project: r.Project,
		})
		if err != nil {
			return nil, err
		}
		m.Generator, m.FromCache, m.CacheAge = a.Model, a.FromCache, a.Age
		return a.Set, nil
	}
	return described(ctx, r.Source, t, tell)
}

func described(ctx context.Context, source Source, t Tools, tell func(Progress)) (*draft.Set, error) {
	document, base := []byte(source.OpenAPI), ""
	if address := source.OpenAPIURL; address != "" {
		var err error
		if document, err = t.Fetch(ctx, address, MaxSource); err != nil {
			return nil, err
		}
		base = origin(address)
	}
	tell(Progress{Stage: Generating})
	set, err := byrules.FromOpenAPI(document)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "%s", err)
	}
	set.Frame.BaseURL = cmp.Or(set.Frame.BaseURL, base)
	return set, nil
}

// crawled reads for at most a third of the time that there is: trying the cases
// out takes longer.
func crawled(ctx context.Context, c Crawl, t Tools, tell func(Progress)) (*draft.Set, error) {
	reading := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var stop func()
		reading, stop = context.WithTimeout(ctx, time.Until(deadline)/3)
		defer stop()
	}
	pages, notes, err := crawl.Read(reading, t.Fetch, c.URL, crawl.Limits{Depth: c.Depth, Pages: c.Pages})
	if err != nil {
		if apperr.CodeOf(err) == apperr.Internal {
			err = apperr.Wrap(err, apperr.Unavailable, "%s", err)
		}
		return nil, err
	}
	tell(Progress{Stage: Generating})
	set, err := byrules.FromPages(origin(c.URL), pages)
	if err == nil {
		set.Notes = append(set.Notes, notes...)
	}
	return set, err
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Plan writes a plan of the cases in a state.
func (m *Made) Plan(states ...accept.State) ([]byte, error) {
	var sources []string
	for _, v := range m.Verdicts {
		for _, s := range states {
			if v.State == s {
				sources = append(sources, v.Source)
			}
		}
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("no case was proposed")
	}
	return m.Frame.Plan(sources...)
}
