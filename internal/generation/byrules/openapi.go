package byrules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// What is looked at of an operation.
const (
	good      = "accepted"   // a request as the document describes it
	limits    = "limits"     // values at the limits of the document
	refused   = "refused"    // values beyond them
	missing   = "missing"    // what is not there
	anonymous = "anonymous"  // without credentials
	conforms  = "conforming" // every answer as the document describes it
)

// documentFile is the name under which a plan keeps the document.
const documentFile = "openapi.yaml"

// maxContract bounds a document that goes with the plan: 4 MiB.
const maxContract = 4 << 20

// FromOpenAPI makes cases of an OpenAPI document of version 3.
func FromOpenAPI(document []byte) (*draft.Set, error) {
	api, err := importing.Operations(document)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document cannot be used: %w", err)
	}
	g := &openapi{api: api, ids: map[string]bool{}, below: map[string]*chain{}, set: &draft.Set{Frame: draft.Frame{
		Name: title(api.Title), BaseURL: api.BaseURL, Files: map[string][]byte{},
	}}}
	for _, op := range api.Operations {
		g.set.Cites = append(g.set.Cites, draft.Cite{Kind: draft.Operation, Ref: op.Name(), Quote: op.Summary})
		g.set.Universe = append(g.set.Universe, covers(op, conforms), covers(op, good))
	}
	g.contract(document)
	for _, op := range api.Operations {
		g.chains(op)
	}
	for _, op := range api.Operations {
		g.accepted(op)
		g.limits(op)
		g.refused(op)
		g.missing(op)
		g.anonymous(op)
	}
	if env := api.Env(); len(env) > 0 {
		g.set.Frame.Env = env
	}
	for _, c := range g.set.Cases {
		g.set.Universe = append(g.set.Universe, c.Covers...)
	}
	slices.Sort(g.set.Universe)
	g.set.Universe = slices.Compact(g.set.Universe)
	return g.set, g.err
}

type openapi struct {
	api *importing.API
	set *draft.Set
	ids map[string]bool
	// below are the operations on what another one creates, by name: what comes
	// before them.
	below map[string]*chain
	err   error
}

func covers(op importing.Operation, aspect string) string { return op.Name() + " " + aspect }

func title(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return cmp.Or(string(runes[:min(len(runes), 80)]), "API") + " by its document"
}

// contract asks every operation whether its answers are what the document says.
// Whether valid data is taken is left out: which things there are is no matter
// of a document.
func (g *openapi) contract(document []byte) {
	if len(document) > maxContract {
		g.note("the document has more than %d MiB, so that no contract case was made of it", maxContract>>20)
		return
	}
	g.set.Frame.Files[documentFile] = document
	var of []importing.Operation
	var aspects []string
	for _, op := range g.api.Operations {
		of, aspects = append(of, op), append(aspects, conforms)
	}
	checks := slices.DeleteFunc(spec.ContractChecks(), func(c string) bool { return c == spec.PositiveDataAcceptance })
	g.add(draft.CaseDoc{
		ID: "contract.api", Name: "Every answer is what the document says", Kind: string(spec.KindContract), Tags: []string{"generated", "contract"},
		Schema: "file://" + documentFile, Checks: checks, MaxRequests: min(1000, 100+30*len(of)),
	}, of, aspects)
}

// accepted asks as the document describes it.
func (g *openapi) accepted(op importing.Operation) {
	if g.below[op.Name()] != nil {
		return // a chain has it
	}
	r, why := g.request(op, nil)
	status := goodStatus(op)
	switch {
	case op.Secured:
		why = "it asks for credentials"
	case status == "":
		why = "the document names no good status"
	}
	if why != "" {
		g.note("%s was not asked for what it promises: %s", op.Name(), why)
		return
	}
	g.one(op, good, "", op.Summary, r.step(g.answers(op, status)))
}

// missing asks for what is not there.
func (g *openapi) missing(op importing.Operation) {
	if _, ok := op.Responses["404"]; !ok || !strings.Contains(op.Path, "{") || op.Secured {
		return
	}
	values := map[string]string{}
	for _, p := range op.Parameters {
		if p.In == "path" {
			values[p.Name] = "semantest-no-such-" + strings.ToLower(p.Name)
		}
	}
	r, why := g.request(op, values)
	if why != "" {
		return
	}
	g.one(op, missing, missing, op.Name()+" says that it is not there", r.step(g.answers(op, "404")))
}

// anonymous asks without the credentials that the document demands.
func (g *openapi) anonymous(op importing.Operation) {
	if !op.Secured {
		return
	}
	for _, status := range []string{"401", "403"} {
		if _, ok := op.Responses[status]; !ok {
			continue
		}
		if r, why := g.request(op, nil); why == "" {
			g.one(op, anonymous, anonymous, op.Name()+" refuses who does not say who they are", r.step(g.answers(op, status)))
		}
		return
	}
}

// one adds a case that is about one operation.
func (g *openapi) one(op importing.Operation, aspect, suffix, name string, steps ...draft.StepDoc) {
	g.add(draft.CaseDoc{
		ID: g.id(op, suffix), Name: g.line(name), Kind: string(spec.KindAPI), Tags: []string{"generated"}, Steps: listed(steps),
	}, []importing.Operation{op}, []string{aspect})
}

func (g *openapi) add(doc draft.CaseDoc, of []importing.Operation, aspects []string) {
	text, err := draft.Render(doc)
	if err != nil {
		g.err = err
		return
	}
	c := draft.Case{Source: string(text)}
	for i, op := range of {
		cite := draft.Cite{Kind: draft.Operation, Ref: op.Name(), Quote: op.Summary}
		if !slices.Contains(c.Cites, cite) {
			c.Cites = append(c.Cites, cite)
		}
		if item := covers(op, aspects[i]); !slices.Contains(c.Covers, item) {
			c.Covers = append(c.Covers, item)
		}
	}
	g.set.Cases = append(g.set.Cases, c)
}

func (g *openapi) note(format string, args ...any) {
	const most = 50
	if len(g.set.Notes) < most {
		g.set.Notes = append(g.set.Notes, fmt.Sprintf(format, args...))
	}
}

func (g *openapi) line(text string) string {
	runes := []rune(strings.Join(strings.Fields(strings.ReplaceAll(text, "${{", "$ {{")), " "))
	return string(runes[:min(len(runes), 150)])
}

// id names a case by its operation.
func (g *openapi) id(op importing.Operation, suffix string) string {
	return uniqueID("api.", cmp.Or(op.ID, op.Name()), suffix, g.ids)
}

// uniqueID makes the id of a case out of words.
func uniqueID(prefix, words, suffix string, taken map[string]bool) string {
	var b strings.Builder
	for _, r := range words {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	id := prefix + cmp.Or(strings.Trim(b.String(), "-"), "case")
	if suffix != "" {
		id += "." + suffix
	}
	unique := id
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s-%d", id, n)
	}
	taken[unique] = true
	return unique
}

// goodStatus is the first good status that an operation names.
func goodStatus(op importing.Operation) string {
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(code, "2") {
			return code
		}
	}
	return ""
}
