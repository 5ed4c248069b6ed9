package browser

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
	"github.com/semantest/semantest/internal/spec"
)

// maxAuditFrames bounds how many documents of frames an audit looks into.
const maxAuditFrames = 50

// axeFunction puts axe-core where the agent looks for it, out of the way of what
// the page has under the same names.
var axeFunction = sync.OnceValue(func() string {
	return `function () {
	const own = Object.getOwnPropertyDescriptor(globalThis, 'axe');
	let module, exports, define;
	` + thirdparty.Axe + `
	globalThis[Symbol.for('semantest.axe')] = globalThis.axe;
	delete globalThis.axe;
	if (own) Object.defineProperty(globalThis, 'axe', own);
	return true;
}`
})

// audited is what axe-core has found.
type audited struct {
	Violations   []axeRule       `json:"violations"`
	Incomplete   []axeRule       `json:"incomplete"`
	Passes       []string        `json:"passes"`
	Inapplicable []string        `json:"inapplicable"`
	URL          string          `json:"url"`
	Engine       json.RawMessage `json:"engine"`
	Environment  json.RawMessage `json:"environment"`
	Width        int             `json:"width"`
	Height       int             `json:"height"`
	Scale        float64         `json:"scale"`
}

// axeRule is a rule with the elements that it is about.
type axeRule struct {
	ID          string         `json:"id"`
	Impact      spec.AxeImpact `json:"impact"`
	Help        string         `json:"help"`
	HelpURL     string         `json:"helpUrl"`
	Description string         `json:"description"`
	Tags        []string       `json:"tags"`
	Total       int            `json:"total"`
	Nodes       []axeNode      `json:"nodes"` // the first of them
}

// axeNode is an element.
type axeNode struct {
	Target [][]string     `json:"target"` // selectors through frames, each through shadow roots
	HTML   string         `json:"html"`
	Impact spec.AxeImpact `json:"impact"`
	Why    string         `json:"why"`
}

// selector is the place of the element as people read it.
func (n axeNode) selector() string {
	parts := make([]string, len(n.Target))
	for i, through := range n.Target {
		parts[i] = strings.Join(through, " >> ")
	}
	return strings.Join(parts, " | ")
}

// auditPart is what became of the rules in one document.
type auditPart struct {
	Ready   bool     `json:"ready"`
	Why     string   `json:"why"`
	Message string   `json:"message"`
	Count   int      `json:"count"`
	List    []string `json:"list"`
	Partial string   `json:"partial"`
	Frames  []struct {
		Selector json.RawMessage `json:"selector"`
		Context  json.RawMessage `json:"context"`
	} `json:"frames"`
}

// audit examines the page's accessibility.
func (st *step) audit(a spec.Accessibility) error {
	if a.Within != nil { // which may take a moment to come
		if _, err := st.observe(*a.Within, "visible", func(o observation) bool { return o.Found }); err != nil {
			return err
		}
	}
	for {
		found, err := st.examine(a)
		switch {
		case errors.Is(err, driver.ErrNavigated) && !st.over():
			continue // the audit is about the page that comes
		case errors.Is(err, driver.ErrNavigated):
			return st.gaveUp(executors.Failf("the audit was not over when another page was opened, again and again for %s", st.limit))
		case err != nil && st.late(err):
			st.page.Interrupt()
			return st.gaveUp(executors.Failf("the audit was not over within %s; audit a part of the page with within, or give the step a longer timeout", st.limit))
		case err != nil:
			return err
		}
		return st.judgeAudit(a, found)
	}
}

// examine applies the rules to the page with its frames.
func (st *step) examine(a spec.Accessibility) (audited, error) {
	x := &examination{step: st, how: a, options: axeOptions(a)}
	var found audited
	doc, err := st.equipPage()
	if err != nil {
		return found, err
	}
	first, err := x.part(doc, map[string]any{"first": true, "within": wireOf(a.Within), "exclude": wireOf(a.Exclude)})
	if err != nil {
		return found, err
	}
	x.follow(doc, first)
	if x.err != nil {
		return found, x.err
	}
	if x.unreached > 0 {
		st.report.Set("framesNotAudited", x.unreached)
	}
	err = st.page.CallIn(st.ctx, doc, "auditEnd", map[string]any{"partials": append([]string{}, x.partials...)}, &found)
	return found, err
}

// equipPage brings axe-core into the document that is shown.
func (st *step) equipPage() (driver.Document, error) {
	for {
		var has auditPart
		doc, err := st.page.Call(st.ctx, "equipped", nil, &has)
		if err != nil || has.Ready {
			return doc, err
		}
		if _, err := st.page.Evaluate(st.ctx, driver.WorldAgent, axeFunction()); err != nil {
			return doc, err
		}
	}
}

// axeOptions are those of axe-core.
func axeOptions(a spec.Accessibility) map[string]any {
	rules := map[string]any{}
	if r := a.Rules; r != nil {
		for _, id := range r.Include {
			rules[id] = map[string]bool{"enabled": true}
		}
		for _, id := range r.Exclude {
			rules[id] = map[string]bool{"enabled": false}
		}
	}
	return map[string]any{
		"runOnly": map[string]any{"type": "tag", "values": a.RuleTags()}, "rules": rules,
		"resultTypes": []string{"violations", "incomplete"}, "elementRef": false,
		// Style sheets of other origins would be asked for again.
		"preload": map[string]any{"assets": []string{"media"}, "timeout": 2000},
	}
}

// examination is one under way.
type examination struct {
	*step
	how       spec.Accessibility
	options   map[string]any
	partials  []string // of frames, depth first; empty where nothing is known
	frames    int
	unreached int
	err       error // that ended it
}

// part applies the rules to one document.
func (x *examination) part(doc driver.Document, arg map[string]any) (auditPart, error) {
	tags := []string{}
	if x.how.Rules != nil && x.how.Rules.Tags != nil {
		tags = x.how.Rules.Tags
	}
	arg["options"], arg["tags"] = x.options, tags
	var p auditPart
	if err := x.page.CallIn(x.ctx, doc, "auditPart", arg, &p); err != nil {
		return p, err
	}
	list := strings.Join(p.List, ", ")
	switch {
	case p.Ready:
		return p, nil
	case p.Why == "unknown rules":
		return p, executors.Errorf("axe-core %s has no rule %s", thirdparty.AxeVersion, list)
	case p.Why == "unknown tags":
		return p, executors.Errorf("axe-core %s has no rule with the tag %s", thirdparty.AxeVersion, list)
	case p.Why == "several":
		return p, executors.Failf("%s, which is to be audited, is %d elements: %s", meant(*x.how.Within), p.Count, list)
	case p.Why == "missing":
		return p, executors.Failf("%s, which is to be audited, is not there after %s", meant(*x.how.Within), x.limit)
	}
	return p, executors.Errorf("a locator of the audit cannot be read: %s", short(cmp.Or(p.Message, p.Why), 300))
}

// follow applies the rules in the frames of a document, in the order in which
// axe-core joins what was found. A frame that cannot be reached is told.
func (x *examination) follow(doc driver.Document, p auditPart) {
	reach, ok := driver.Power[driver.Frames](x.page.Page)
	for _, f := range p.Frames {
		if x.frames++; !ok || x.frames > maxAuditFrames {
			x.skip(nil)
			continue
		}
		var has auditPart
		if err := x.page.CallIn(x.ctx, doc, "auditFrame", map[string]any{"selector": f.Selector}, &has); err != nil || !has.Ready {
			x.skip(err)
			continue
		}
		inner, err := x.enter(reach, doc)
		if err != nil {
			x.skip(err)
			continue
		}
		part, err := x.part(inner, map[string]any{"context": f.Context})
		if err != nil || part.Partial == "" {
			x.skip(err)
			continue
		}
		x.partials = append(x.partials, part.Partial)
		x.follow(inner, part)
		if x.err != nil {
			return
		}
	}
}

// enter brings axe-core into the document of the frame that was put aside.
func (x *examination) enter(reach driver.Frames, doc driver.Document) (driver.Document, error) {
	ctx, cancel := context.WithTimeout(x.ctx, slice)
	inner, err := reach.FrameIn(ctx, doc)
	cancel()
	if err != nil {
		return inner, err
	}
	var has auditPart
	if err := x.page.CallIn(x.ctx, inner, "equipped", nil, &has); err != nil || has.Ready {
		return inner, err
	}
	return inner, x.page.CallIn(x.ctx, inner, "equip", map[string]string{"source": axeFunction()}, &has)
}

// skip leaves a frame out; axe-core tells of it as incomplete. Where the page
// itself or the step's time is at its end, so is the audit.
func (x *examination) skip(err error) {
	x.unreached++
	x.partials = append(x.partials, "")
	if x.ctx.Err() != nil || x.page.gone.Err() != nil {
		x.err = err
	}
}
