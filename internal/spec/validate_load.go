package spec

import (
	"slices"
	"strings"
	"time"
)

// Variables that the steps of a load case have beside those of every case.
const (
	VarVU          = "vu.id"        // number of the virtual user, from 1
	VarVUIteration = "vu.iteration" // how many iterations it had begun before, from 0
)

var loadBuiltins = []string{VarVU, VarVUIteration}

// maxLoadLength bounds a load whatever a server allows: a day.
const maxLoadLength = 24 * time.Hour

// scenarioKeys are the keys that belong to some executors only; those that are
// needed stand first, before a bar.
var scenarioKeys = map[LoadExecutor]struct{ needed, taken []string }{
	ConstantVUs:         {[]string{"duration"}, []string{"vus"}},
	RampingVUs:          {[]string{"stages"}, []string{"startVUs", "gracefulRampDown"}},
	ConstantArrivalRate: {[]string{"rate", "duration", "preAllocatedVUs"}, []string{"timeUnit", "maxVUs"}},
	RampingArrivalRate:  {[]string{"stages", "preAllocatedVUs"}, []string{"startRate", "timeUnit", "maxVUs"}},
	SharedIterations:    {nil, []string{"vus", "iterations", "maxDuration"}},
	PerVUIterations:     {nil, []string{"vus", "iterations", "maxDuration"}},
}

var commonScenarioKeys = []string{"executor", "startTime", "gracefulStop", "thinkTime", "tags"}

func (v *validator) load(c *Case) {
	if c.Kind != KindLoad {
		return
	}
	l := &c.Load
	if v.at(c).get("k6") != nil {
		v.k6(c)
		return
	}
	at := v.at(c)
	for sound, key := range []string{"scenarios", "thresholds"} {
		if at.get(key) == nil && (!at.bad || sound > 0) {
			v.report(at, "the key %q is missing", key)
		}
	}
	if len(l.K6Env) > 0 {
		v.report(v.at(&l.K6Env).onKey(), `"k6Env" goes with "k6"`)
	}
	v.loadIteration(c)
	for _, list := range []*[]APIStep{&l.Steps, &l.Setup, &l.Teardown} {
		v.steps(*list, c)
	}
	v.performable(l.Steps, "")
	for _, name := range sortedKeys(l.Scenarios) {
		v.scenario(name, l.Scenarios[name])
	}
	v.loadWorkers(l)
	for _, key := range sortedKeys(l.Thresholds) {
		v.thresholds(c, key, l.Thresholds[key])
	}
	v.loadBaseline(l)
	for i := range l.Data {
		for _, name := range sortedKeys(l.Data[i]) {
			at := v.at(entry{&l.Data[i], name}, &l.Data[i]).onKey()
			switch {
			case slices.Contains(builtins, name) || slices.Contains(loadBuiltins, name):
				v.report(at, "the name %s is taken: every iteration has this variable", name)
			case slices.Contains(v.plan.Secrets, name):
				v.report(at, "%s is a secret and cannot be a column of the data", brief(name))
			case !isVarName(name):
				v.report(at, "%s is not the name of a variable", brief(name))
			}
		}
	}
}

// loadWorkers checks that each worker of a load has something to do.
func (v *validator) loadWorkers(l *LoadCase) {
	if l.Workers == nil || *l.Workers < 2 {
		if l.OnLostWorker != "" && v.sound(&l.OnLostWorker) {
			v.report(v.at(&l.OnLostWorker).onKey(), `"onLostWorker" goes with "workers": 2 or more`)
		}
		return
	}
	users := 0
	for _, s := range l.Scenarios {
		if s == nil || v.at(s).bad {
			return
		}
		users += s.MostVUs()
	}
	if users < *l.Workers && v.sound(l.Workers) {
		v.report(v.at(l.Workers), "there are more workers (%d) than virtual users (%d) to be shared among them", *l.Workers, users)
	}
}

// k6 checks a load that a script describes.
func (v *validator) k6(c *Case) {
	l, at := &c.Load, v.at(c)
	if v.sound(&l.K6) {
		v.file(v.at(&l.K6), l.K6)
	}
	for _, key := range []string{"uses", "steps", "scenarios", "thresholds", "data", "baselineFile", "requireBaseline", "workers", "onLostWorker"} {
		if k := at.get(key); k != nil {
			v.report(k.onKey(), "%q goes not with \"k6\": the script says what is done and what must hold", key)
		}
	}
	v.steps(l.Setup, c)
	v.steps(l.Teardown, c)
}

// loadIteration checks what an iteration is: the steps of the case itself, or
// those of an api case.
func (v *validator) loadIteration(c *Case) {
	l, at := &c.Load, v.at(c)
	switch {
	case l.Uses != "" && len(l.Steps) > 0:
		v.report(v.at(&l.Uses).onKey(), `only one of "uses" and "steps" is allowed here`)
	case l.Uses == "" && len(l.Steps) == 0:
		if at.get("uses") == nil && at.get("steps") == nil && !at.bad {
			v.report(at, `one of "uses" and "steps" is missing: what a virtual user does`)
		}
	case l.Uses != "" && v.sound(&l.Uses):
		ids := []string{}
		for i := range v.plan.Cases {
			other := &v.plan.Cases[i]
			if other.Kind == KindAPI {
				ids = append(ids, other.ID)
			}
			if other.ID != l.Uses {
				continue
			}
			if other.Kind != KindAPI {
				v.report(v.at(&l.Uses), "%s is a case of kind %s; a load uses a case of kind api", brief(l.Uses), other.Kind)
				return
			}
			v.performable(other.APISteps, l.Uses)
			return
		}
		v.suggest(v.at(&l.Uses), v.nearest(l.Uses, ids), "the plan has no api case %s", brief(l.Uses))
	}
}

// performable refuses steps that a virtual user cannot perform.
func (v *validator) performable(steps []APIStep, used string) {
	for i := range steps {
		if steps[i].Until != nil {
			v.report(v.at(&steps[i]), `a step of a load is tried once; "until" is for api cases and for setup`)
		}
		if h := steps[i].HTTP; h != nil {
			if h.Chunked || h.Save != "" || h.Auth != nil && h.Auth.Basic == nil && h.Auth.Bearer == "" {
				v.report(v.at(h), "a load cannot send chunks, save bodies, or authenticate otherwise than by basic and bearer")
			}
			for k := range steps[i].Checks {
				if c := &steps[i].Checks[k]; c.Timing != nil || c.Redirects != nil || c.Certificate != nil || c.Snapshot != nil {
					v.report(v.at(c), "a load does not check timing, redirects, certificate and snapshot; the api case does")
				}
			}
		}
		if g := steps[i].Group; g != nil && g.Parallel {
			v.report(v.at(&g.Parallel).onKey(), "a virtual user of a load does one thing at a time; more users do more")
		}
		for _, list := range steps[i].Inner() {
			v.performable(list, used)
		}
		v.performableTalk(&steps[i])
		switch steps[i].Action() {
		case "", "http", "wait", "group", "if", "for", "websocket", "graphql":
			continue
		}
		if used != "" {
			v.report(v.at(&steps[i]), "the load of this plan uses %s, and a load cannot perform a %s step", brief(used), steps[i].Action())
		} else {
			v.report(v.at(&steps[i]), "a load cannot perform a %s step", steps[i].Action())
		}
	}
}

// performableTalk refuses what a connection of a load cannot do.
func (v *validator) performableTalk(s *APIStep) {
	refuse := func(at *place) {
		v.report(at.onKey(), "a load opens and closes a connection within one step: %s is for api cases", at.name())
	}
	if w := s.WebSocket; w != nil {
		for _, name := range []*string{&w.On, &w.As} {
			if *name != "" {
				refuse(v.at(name))
			}
		}
	}
	g := s.GraphQL
	if g == nil {
		return
	}
	for _, name := range []*string{&g.On, &g.As} {
		if *name != "" {
			refuse(v.at(name))
		}
	}
	switch {
	case g.Transport == "sse":
		v.report(v.at(&g.Transport), "a load listens to subscriptions over a WebSocket only")
	case len(g.Events) == 0 && g.On == "":
		v.report(v.at(g), `a load performs subscriptions, with "events"; send queries and mutations as http with a json body`)
	}
}

func (v *validator) scenario(name string, s *Scenario) {
	if s == nil || !v.sound(&s.Executor) {
		return
	}
	at := v.at(s)
	keys := scenarioKeys[s.Executor]
	for _, key := range keys.needed {
		if at.get(key) == nil {
			v.report(at, "the scenario %s needs %q, since its executor is %s", brief(name), key, s.Executor)
		}
	}
	given, _ := at.names(at.node.Kind)
	for _, key := range given {
		if !slices.Contains(commonScenarioKeys, key) && !slices.Contains(keys.needed, key) && !slices.Contains(keys.taken, key) {
			if found := at.get(key); found != nil && !found.bad {
				v.report(found.onKey(), "%q means nothing to the executor %s", key, s.Executor)
			}
		}
	}
	v.scenarioLimits(s)
}

func (v *validator) scenarioLimits(s *Scenario) {
	at := v.at(s)
	for _, d := range []*Duration{s.GracefulStop, s.GracefulRampDown} {
		if d != nil && time.Duration(*d) > time.Hour {
			v.report(v.at(d), "%s must be at most 1h, but is %s", v.at(d).name(), *d)
		}
	}
	for i := range s.Stages {
		stage := &s.Stages[i]
		if s.Executor == RampingVUs && stage.Target != nil && *stage.Target != float64(int(*stage.Target)) {
			v.report(v.at(stage.Target), "the target of a stage of %s is a whole number of virtual users", s.Executor)
		}
	}
	if at.bad {
		return
	}
	if pre, most := intOr(s.PreAllocatedVUs, 0), intOr(s.MaxVUs, 0); s.MaxVUs != nil && most < pre {
		v.report(v.at(s.MaxVUs), `"maxVUs" is %d, less than the %d of "preAllocatedVUs"`, most, pre)
	}
	if s.Executor == SharedIterations && intOr(s.VUs, 1) > intOr(s.Iterations, 1) {
		v.report(at, "there are fewer iterations (%d) than virtual users (%d) to share them", intOr(s.Iterations, 1), intOr(s.VUs, 1))
	}
	if t := s.ThinkTime; t != nil && t.Max != 0 && t.Max < t.Min {
		v.report(v.at(t), `"max" of the think time is less than its "min"`)
	}
	switch total := time.Duration(s.StartTime) + s.Length(); {
	case total > maxLoadLength:
		v.report(at, "the scenario ends after %s, more than a day", Duration(total))
	case s.Length() <= 0:
		v.report(at, "the scenario takes no time")
	case s.MostVUs() < 1:
		v.report(at, "the scenario has no virtual user at any time")
	}
}

// loadBaseline checks that what is compared with is used.
func (v *validator) loadBaseline(l *LoadCase) {
	if l.BaselineFile != "" {
		v.file(v.at(&l.BaselineFile), l.BaselineFile)
	}
	relative := false
	for key, list := range l.Thresholds {
		selector, err := ParseSelector(key)
		for _, t := range list {
			limit, limitErr := ParseLimit(t.Threshold, selector.Type)
			relative = relative || err != nil || limitErr != nil || limit.Baseline != ""
		}
	}
	if relative {
		return
	}
	if l.BaselineFile != "" {
		v.report(v.at(&l.BaselineFile).onKey(), `"baselineFile" goes with a threshold that names baseline, such as p(95)<baseline*1.1`)
	}
	if l.RequireBaseline {
		v.report(v.at(&l.RequireBaseline).onKey(), `"requireBaseline" goes with a threshold that names baseline, such as p(95)<baseline*1.1`)
	}
}

// thresholds checks the limits on one metric, and that it can have samples.
func (v *validator) thresholds(c *Case, key string, list []LoadThreshold) {
	l := &c.Load
	at := v.at(entry{&l.Thresholds, key}, c)
	selector, err := ParseSelector(key)
	if err != nil {
		v.report(at.onKey(), "%s", err)
		return
	}
	for _, tag := range sortedKeys(selector.Tags) {
		v.thresholdTag(c, at.onKey(), selector, tag)
	}
	for i := range list {
		if !v.sound(&list[i].Threshold) {
			continue
		}
		if hasReference(list[i].Threshold) {
			v.report(v.at(&list[i].Threshold), "a threshold cannot hold a variable: it must be known before the run")
			continue
		}
		if _, err := ParseLimit(list[i].Threshold, selector.Type); err != nil {
			v.report(v.at(&list[i].Threshold), "%s", err)
		}
		if list[i].DelayAbortEval != 0 && !list[i].AbortOnFail {
			v.report(v.at(&list[i].DelayAbortEval).onKey(), `"delayAbortEval" goes with "abortOnFail: true"`)
		}
	}
}

func (v *validator) thresholdTag(c *Case, at *place, s Selector, tag string) {
	l := &c.Load
	known := metricTags(s.Metric)
	own := map[string]bool{}
	for _, scenario := range l.Scenarios {
		if scenario != nil && len(known) > 0 {
			for name := range scenario.Tags {
				own[name] = true
			}
		}
	}
	value := s.Tags[tag]
	switch {
	case own[tag]:
	case !slices.Contains(known, tag):
		all := append(slices.Clone(known), sortedKeys(own)...)
		if len(all) == 0 {
			v.report(at, "the metric %s has no tags", s.Metric)
			return
		}
		v.suggest(at, v.nearest(tag, all), "the metric %s has no tag %s; its tags are %s", s.Metric, brief(tag), sentenceList(all))
	case tag == TagScenario && l.Scenarios[value] == nil:
		v.suggest(at, v.nearest(value, sortedKeys(l.Scenarios)), "there is no scenario %s", brief(value))
	case tag == TagExpected && value != "true" && value != "false":
		v.report(at, "the tag %s is true or false, but is %s", tag, brief(value))
	case tag == TagStatus && strings.Trim(value, "0123456789") != "":
		v.report(at, "the tag %s is a status code, but is %s", tag, brief(value))
	}
}

// loadVariables checks the references in the parts of a load case.
func (v *validator) loadVariables(c *Case, known map[string]bool) {
	if c.Kind != KindLoad {
		return
	}
	at, l := v.places[c], &c.Load
	for _, key := range []string{"uses", "scenarios", "thresholds", "data"} {
		v.walk(at.get(key), vocabulary{})
	}
	v.inOrder(l.Setup, known)
	v.walk(at.get("k6Env"), vocabulary{known: known})
	iteration := map[string]bool{}
	for name := range known {
		iteration[name] = true
	}
	for _, name := range loadBuiltins {
		iteration[name] = true
	}
	for _, row := range l.Data {
		for name := range row {
			iteration[name] = true
		}
	}
	v.inOrder(l.Steps, iteration)
	v.inOrder(l.Teardown, known)
}

// inOrder checks steps of which each knows what those before it capture, and
// adds that to what is known.
func (v *validator) inOrder(steps []APIStep, known map[string]bool) {
	later := map[string]int{}
	for i := len(steps) - 1; i >= 0; i-- {
		for _, name := range steps[i].Captured() {
			later[name] = i + 1
		}
	}
	v.stepVariables(steps, vocabulary{known, later})
}
