package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// Model chooses from lists. *llm.Client is one.
type Model interface {
	Configured() bool
	Generate(ctx context.Context, r llm.Request) (*llm.Response, error)
}

const (
	// actsName is the attachment by which a run that passed tells the next one
	// what its acts came to.
	actsName = "acts.yaml"

	maxRecorded  = 1 << 20
	maxOffered   = 150
	resolveLimit = 30 * time.Second
)

// act does what words say: what was recorded for them on such a page, else what
// the model chooses now. Either is an ordinary step.
func (st *step) actByWords(a spec.Act, raw string) error {
	if a.Value != "" && st.task.Scope.Mask(a.Value) != a.Value {
		return executors.Errorf("act types no secret, because what it types is not where a person has said; use fill for it")
	}
	key := spec.RecordedAct{Case: st.task.Case.ID, Act: raw, Page: pageOf(look(st.page, func(s *state) string { return s.url }))}
	act, by, err := st.recorded(key)
	if err != nil {
		return err
	}
	if by == "" {
		if act, err = st.resolve(key, a); err != nil {
			return err
		}
		by = "model"
	}
	step := act.Step(a.Value)
	st.report.Set("act", map[string]any{"step": step.Title(), "by": by, "record": recordOf(act)})
	st.acted = append(st.acted, act)
	err = st.do(step)
	if err != nil && by != "model" && missing(err) != nil {
		f, _ := errors.AsType[*executors.Failure](err)
		f.Message += "; the act was recorded when the page was another one: run with --update-acts to choose anew"
	}
	return err
}

// recordOf is a record as a detail of a step.
func recordOf(a spec.RecordedAct) map[string]any {
	out := map[string]any{"case": a.Case, "act": a.Act, "page": a.Page, "action": a.Action, "role": a.Role, "name": a.Name, "option": a.Option}
	if a.Nth != nil {
		out["nth"] = *a.Nth
	}
	return out
}

// recorded looks for what an act came to: in the file that the plan names, which
// people have seen, else in what the newest run left that passed.
func (st *step) recorded(key spec.RecordedAct) (act spec.RecordedAct, by string, err error) {
	if !st.actsRead {
		if st.actsOfPlan, st.actsOfRun, err = st.readActs(st.ctx); err != nil {
			return act, "", err
		}
		st.actsRead = true
	}
	for _, list := range []struct {
		by   string
		acts []spec.RecordedAct
	}{{"plan", st.actsOfPlan}, {"earlier run", st.actsOfRun}} {
		for _, a := range list.acts {
			if a.Case == key.Case && a.Act == key.Act && a.Page == key.Page {
				return a, list.by, nil
			}
		}
	}
	return act, "", nil
}

func (r *run) readActs(ctx context.Context) (ofPlan, ofRun []spec.RecordedAct, err error) {
	if ref := r.task.Use.Acts; ref != "" {
		name, err := spec.FilePath(ref)
		if err != nil {
			return nil, nil, executors.Errorf("the acts cannot be read: %w", err)
		}
		source, err := fs.ReadFile(r.task.Files, name)
		if err == nil {
			ofPlan, err = spec.ParseActs(source)
		}
		if err != nil {
			return nil, nil, executors.Errorf("%s cannot be read: %w", name, err)
		}
		return ofPlan, nil, nil // who keeps a file chooses what is in it
	}
	return nil, r.leftActs(ctx), nil
}

// leftActs is what the newest run left that passed; where that is not known, the
// model is asked.
func (r *run) leftActs(ctx context.Context) []spec.RecordedAct {
	if r.task.Previous == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	body, _, err := r.task.Previous.Open(ctx, actsName)
	if err != nil {
		return nil
	}
	defer func() { _ = body.Close() }()
	source, err := io.ReadAll(io.LimitReader(body, maxRecorded+1))
	if err != nil {
		return nil
	}
	acts, err := spec.ParseActs(source)
	if err != nil {
		return nil
	}
	return acts
}

// keepActs leaves what the acts came to for the runs to come. A case that did not
// pass may have chosen wrongly.
func (r *run) keepActs(ctx context.Context, outcome spec.Outcome) {
	if outcome != spec.OutcomePassed || len(r.acted) == 0 {
		return
	}
	text, err := spec.RenderActs(r.acted)
	if err != nil {
		return
	}
	// The next run asks the model again when it cannot be stored.
	_ = r.sink.Attach(ctx, executors.Attachment{Name: actsName, Kind: executors.AttachmentLog, ContentType: "application/yaml", Step: -1,
		Body: io.NopCloser(strings.NewReader(string(text)))})
}

var idLike = regexp.MustCompile(`^(\d+|[0-9a-fA-F-]{8,}|.*\d.*\d.*\d.*)$`)

// pageOf is what pages have in common whose acts do the same: the path, with *
// for what looks like an id.
func pageOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Path == "" {
		return "/"
	}
	parts := strings.Split(short(u.Path, 300), "/")
	for i, p := range parts {
		if idLike.MatchString(p) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// resolve lets the model choose one of the elements that the page offers.
func (st *step) resolve(key spec.RecordedAct, a spec.Act) (spec.RecordedAct, error) {
	if st.model == nil || !st.model.Configured() {
		where := "use.acts names no file of recorded ones"
		if st.task.Use.Acts != "" {
			where = st.task.Use.Acts + " has none for it"
		}
		return key, executors.Errorf("no language model is configured to choose what %q means on %s, and %s; set SEMANTEST_LLM_BASE_URL and SEMANTEST_LLM_MODEL, or record the act with semantest run --update-acts, or write an ordinary step", short(a.Do, 100), key.Page, where)
	}
	offered, err := st.awaitOffers()
	if err != nil {
		return key, err
	}
	if len(offered) == 0 {
		return key, st.gaveUp(executors.Failf("the page offers nothing to act on after %s", st.limit))
	}
	ctx, cancel := context.WithTimeout(st.ctx, resolveLimit)
	defer cancel()
	ask := question(st.task.Scope.Mask, st.task.ProjectID, st.task.RunID, a, offered)
	answer, err := st.model.Generate(ctx, ask)
	if err != nil {
		return key, executors.Errorf("what %q means could not be found out: %w", short(a.Do, 100), sentence(err))
	}
	var got choice
	if err := answer.Decode(&got); err != nil {
		return key, executors.Errorf("what %q means could not be found out: %w", short(a.Do, 100), sentence(err))
	}
	st.report.Set("model", answer.Model)
	if got.Index < 0 {
		return key, executors.Failf("nothing on the page does %q, says the model; it was offered %s", short(a.Do, 100), plural(len(offered), "element", "elements"))
	}
	return got.record(key, a, offered)
}

// awaitOffers lists what the page offers, once it offers something.
func (st *step) awaitOffers() ([]offer, error) {
	for {
		var got struct{ List []offer }
		_, err := st.page.Call(st.ctx, "offers", map[string]any{"max": maxOffered}, &got)
		switch {
		case err != nil && st.late(err):
			return nil, st.gaveUp(executors.Failf("the page does not answer within %s: its script is busy", st.limit))
		case err != nil && st.over():
			return nil, err
		case err == nil && (len(got.List) > 0 || st.over()):
			return got.List, nil
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-st.ctx.Done():
			timer.Stop()
			return nil, st.ctx.Err()
		}
	}
}

// offer is an element that a person could act on.
type offer struct {
	Role, Name, Around, Type                string
	Label, Placeholder, TestID, Title, Text string
	Nth                                     int
	Several                                 bool
	Options                                 []string
	Checked                                 *bool
}

// can lists what may be done with an element. What types is left out unless the
// plan says what is typed, and never goes into a field for passwords.
func (o offer) can(value string) []string {
	switch o.Role {
	case "checkbox", "radio", "switch":
		return []string{"check", "uncheck", "click"}
	case "textbox", "searchbox", "spinbutton":
		if value == "" || o.Type == "password" {
			return []string{"click"}
		}
		return []string{"fill", "click"}
	case "combobox", "listbox":
		if len(o.Options) > 0 {
			return []string{"select"}
		}
		if value != "" {
			return []string{"fill", "click"}
		}
	}
	return []string{"click", "dblclick", "hover"}
}

func (o offer) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", o.Role, short(o.Name, 160))
	if o.Name == "" && o.Placeholder+o.Title+o.Text != "" {
		fmt.Fprintf(&b, " showing %q", short(o.Placeholder+o.Title+o.Text, 80))
	}
	if o.Around != "" {
		b.WriteString(" in " + short(o.Around, 100))
	}
	for i, option := range o.Options {
		fmt.Fprintf(&b, "\n     option %d %q", i, option)
	}
	return b.String()
}
