package spec

import (
	"slices"
	"strings"
)

func (v *validator) contract(c *Case) {
	if c.Kind != KindContract {
		return
	}
	k := &c.Contract
	at := v.at(c)
	switch given := at.get("schema") != nil; {
	case !given && at.get("introspect") == nil && !at.bad:
		v.report(at, `the key "schema" is missing; a GraphQL server may be asked for it: "introspect: true"`)
	case given && k.Introspect:
		v.report(v.at(&k.Introspect).onKey(), `"introspect" asks the server for the schema, so "schema" cannot be given too`)
	}
	if v.sound(&k.Schema) {
		if at := v.at(&k.Schema); strings.HasPrefix(k.Schema, fileScheme) {
			v.file(at, k.Schema)
		} else {
			v.address(at, k.Schema, true)
		}
	}
	if v.sound(&k.Against) {
		if at := v.at(&k.Against); strings.HasPrefix(k.Against, fileScheme) {
			v.file(at, k.Against)
		} else {
			v.address(at, k.Against, true)
		}
	}
	if k.Severity != "" && k.Against == "" && v.places[&k.Against] == nil {
		v.report(v.at(&k.Severity), `"severity" has a meaning with "against" only`)
	}
	if v.sound(&k.URL) {
		v.address(v.at(&k.URL), k.URL, true)
	}
	for i, name := range k.Checks {
		at := v.at(&k.Checks[i], &k.Checks)
		switch {
		case at.bad:
		case !slices.Contains(ContractChecks(), name):
			v.suggest(at, v.nearest(name, ContractChecks()), "there is no check %s", brief(name))
		case slices.Contains(k.Checks[:i], name):
			v.report(at, "the check %s is listed twice", name)
		}
	}
	v.filters(k.Include)
	v.filters(k.Exclude)
	v.headers(&k.Headers, k.Headers)
	if v.sound(&k.BaselineFile) {
		v.file(v.at(&k.BaselineFile), k.BaselineFile)
	}
	if k.BaselineFile != "" && k.Baseline == "" && v.places[&k.Baseline] == nil {
		v.report(v.at(&k.BaselineFile), `"baselineFile" has a meaning with "baseline: new-only" only`)
	}
}

func (v *validator) filters(filters []OperationFilter) {
	for i := range filters {
		if at := v.at(&filters[i]); !at.bad && filters[i] == (OperationFilter{}) {
			v.report(at, "a filter needs at least one of operationId, path, method and tag")
		}
	}
}

// contractVariables checks the references in the keys of contract cases.
func (v *validator) contractVariables(c *Case, known map[string]bool) {
	if c.Kind != KindContract {
		return
	}
	at := v.places[c]
	for _, key := range []string{"url", "headers", "auth"} {
		v.walk(at.get(key), vocabulary{known: known})
	}
	for _, key := range []string{"schema", "against", "scalars", "severity", "checks", "include", "exclude", "baseline", "baselineFile"} {
		v.walk(at.get(key), vocabulary{})
	}
}
