package browser

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxFindings  = 4 << 20 // bytes of an accepted list
	maxAuditHTML = 500     // bytes of an element that are told
	newOnly      = "new-only"
)

// finding is one element that breaks a rule, as baselines keep it. What more
// elements break than are told one by one has no target.
type finding struct {
	Rule   string `json:"rule"`
	Target string `json:"target,omitempty"`
	More   int    `json:"more,omitempty"`
}

// findings is the content of a baseline.
type findings struct {
	Findings []finding `json:"findings"`
}

// findingsOf lists what an audit has found, in the order of the rules.
func findingsOf(found audited) []finding {
	out := []finding{}
	for _, r := range found.Violations {
		for _, n := range r.Nodes {
			out = append(out, finding{Rule: r.ID, Target: n.selector()})
		}
		if more := r.Total - len(r.Nodes); more > 0 {
			out = append(out, finding{Rule: r.ID, More: more})
		}
	}
	slices.SortFunc(out, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Target, b.Target))
	})
	return slices.Compact(out)
}

// acceptance is what people have accepted of an audit.
type acceptance struct {
	asked    bool // the plan wants only what is new to fail
	there    bool // something is accepted
	key      executors.BaselineKey
	against  string // digest of the newest list
	accepted []finding
}

// has reports whether a finding is no news.
func (a acceptance) has(f finding) bool {
	return slices.ContainsFunc(a.accepted, func(known finding) bool {
		return known.Rule == f.Rule && known.Target == f.Target && known.More >= f.More
	})
}

// news are the elements of a rule that nobody has accepted, and how many more
// there are that are not told one by one.
func (a acceptance) news(r axeRule) (fresh []axeNode, more int) {
	for _, n := range r.Nodes {
		if !a.has(finding{Rule: r.ID, Target: n.selector()}) {
			fresh = append(fresh, n)
		}
	}
	if more = r.Total - len(r.Nodes); more > 0 && a.has(finding{Rule: r.ID, More: more}) {
		more = 0
	}
	return fresh, more
}

// gone counts what was accepted and is no more.
func (a acceptance) gone(now []finding) int {
	n := 0
	for _, known := range a.accepted {
		if !slices.ContainsFunc(now, func(f finding) bool { return f.Rule == known.Rule && f.Target == known.Target }) {
			n++
		}
	}
	return n
}

// accepted asks for what people have accepted, where the plan wants that.
func (st *step) accepted(a spec.Accessibility, found audited) (acceptance, error) {
	known := acceptance{asked: a.Baseline == newOnly}
	if !known.asked {
		return known, nil
	}
	if st.task.Baselines == nil {
		return known, executors.Errorf("the findings %s cannot be compared: nobody keeps accepted findings here", a.Name())
	}
	known.key = executors.BaselineKey{
		Name: a.Name(), Kind: spec.BaselineAccessibility, Browser: cmp.Or(st.task.Case.Browser, st.task.Use.Browser, "chromium"),
		Viewport: fmt.Sprintf("%dx%d@%g", found.Width, found.Height, found.Scale),
	}
	all, err := st.task.Baselines.Accepted(st.ctx, known.key)
	if err != nil {
		return known, executors.Errorf("the accepted findings cannot be asked for: %w", err)
	}
	for i, b := range all[:min(len(all), maxVariants)] {
		list, err := readFindings(st, b)
		if err != nil {
			return known, err
		}
		if i == 0 {
			known.there, known.against = true, b.SHA256
		}
		known.accepted = append(known.accepted, list.Findings...)
	}
	return known, nil
}

func readFindings(st *step, b executors.Baseline) (findings, error) {
	var list findings
	body, err := b.Open(st.ctx)
	if err != nil {
		return list, executors.Errorf("the accepted findings cannot be opened: %w", err)
	}
	defer body.Close() //nolint:errcheck // it was read
	raw, err := io.ReadAll(io.LimitReader(body, maxFindings+1))
	if err == nil && len(raw) > maxFindings {
		err = fmt.Errorf("they have more than %d MiB", maxFindings>>20)
	}
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		return list, executors.Errorf("the accepted findings cannot be read: %w", err)
	}
	return list, nil
}

// propose tells those who keep baselines what was found.
func (st *step) propose(a spec.Accessibility, known acceptance, now []finding, fresh int) error {
	if !known.asked || len(now) == 0 && !known.there {
		return nil // nobody has to look at nothing
	}
	raw, err := json.MarshalIndent(findings{now}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the findings: %w", err)
	}
	told := executors.Comparison{Key: known.key, Status: spec.ComparisonSame, Against: known.against}
	told.Actual = st.keepJSON(a.Name()+"-findings.json", "application/json", raw)
	switch {
	case !known.there:
		told.Status, told.Reason = spec.ComparisonNew, fmt.Sprintf("nobody has accepted the findings %s in %s at %s yet", a.Name(), known.key.Browser, known.key.Viewport)
	case fresh > 0:
		told.Status, told.Reason = spec.ComparisonChanged, plural(fresh, "finding is", "findings are")+" new"
	}
	if err := st.task.Baselines.Propose(st.ctx, told); err != nil {
		return executors.Errorf("the findings %s cannot be kept: %w", a.Name(), err)
	}
	return nil
}

// keepJSON attaches a document of JSON.
func (st *step) keepJSON(name, contentType string, raw []byte) string {
	return st.attach(st.ctx, st.report, executors.Attachment{
		Name: name, Kind: executors.AttachmentBody, ContentType: contentType, Step: st.report.Index, Body: io.NopCloser(bytes.NewReader(raw)),
	})
}
