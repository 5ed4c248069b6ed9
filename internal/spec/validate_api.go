package spec

import (
	"regexp"
	"slices"
	"strings"

	"github.com/theory/jsonpath"
)

func (v *validator) apiSteps(c *Case) { v.steps(c.APISteps, c) }

func (v *validator) steps(steps []APIStep, c *Case) {
	for i := range steps {
		s := &steps[i]
		if v.control(s, c) {
			continue
		}
		if s.HTTP != nil {
			v.request(s.HTTP)
		}
		v.stream(s, c)
		v.grpc(s)
		v.until(s)
		for _, name := range sortedKeys(s.Capture) {
			v.capture(v.at(entry{&s.Capture, name}, s), c, name, s.Capture[name])
		}
		for k := range s.Checks {
			v.check(&s.Checks[k])
		}
	}
}

func (v *validator) request(r *HTTPRequest) {
	if v.sound(&r.URL) {
		v.address(v.at(&r.URL), r.URL, true)
	}
	v.headers(&r.Headers, r.Headers)
	v.auth(r.Auth)
	v.proxy(r.Proxy)
	if r.File != "" && v.sound(&r.File) {
		v.file(v.at(&r.File), r.File)
	}
	for i := range r.Multipart {
		part := &r.Multipart[i]
		if part.File != "" && v.sound(&part.File) {
			v.file(v.at(&part.File), part.File)
		}
		if v.sound(&part.Filename) && strings.ContainsAny(part.Filename, "/\\\r\n") {
			v.report(v.at(&part.Filename), `"filename" is a name without folders`)
		}
	}
}

func (v *validator) capture(at *place, c *Case, name string, from Capture) {
	switch {
	case slices.Contains(builtins, name):
		v.report(at.onKey(), "the name %s is taken: every case has this variable", name)
	case slices.Contains(v.plan.Secrets, name):
		v.report(at.onKey(), "%s is a secret and cannot be captured", brief(name))
	case v.plan.matrixOf(*c)[name] != nil:
		v.report(at.onKey(), "%s is a key of the matrix and cannot be captured", brief(name))
	}
	if at.bad {
		return
	}
	v.jsonpath(at.get("jsonpath"), from.JSONPath)
	v.regex(at.get("regex"), from.Regex)
	v.xpath(at.get("xpath"), from.XPath)
	if status := at.get("status"); status != nil && !from.Status {
		v.report(status, `"status" can only be true here; leave it out`)
	}
}

// subjectOf is the first of the keys that the mapping has.
func subjectOf(at *place, keys ...string) string {
	for _, k := range keys {
		if at.get(k) != nil {
			return k
		}
	}
	return ""
}

func (v *validator) schemaOf(s *Schema) {
	at := v.at(s)
	switch {
	case at.bad:
	case s.File != "":
		v.file(at, s.File)
	case s.Inline != nil && !holdsReference(s.Inline):
		if !v.affordable(at, s.Inline) {
			return
		}
		if _, err := CompileSchema(s.Inline); err != nil {
			v.report(at, "the JSON Schema is wrong: %s", err)
		}
	}
}

// jsonpath checks an expression that holds no variable.
func (v *validator) jsonpath(at *place, expression string) {
	if at == nil || at.bad || expression == "" || hasReference(expression) {
		return
	}
	if _, err := jsonpath.Parse(expression); err != nil {
		v.report(at, "%s is not a JSONPath expression: %s", brief(expression), bound(strings.TrimPrefix(err.Error(), "jsonpath: ")))
	}
}

// regex checks an expression that holds no variable.
func (v *validator) regex(at *place, expression string) {
	if at == nil || at.bad || expression == "" || hasReference(expression) {
		return
	}
	if v.regexes++; v.regexes > maxRegexes {
		if v.regexes == maxRegexes+1 {
			v.report(at, "the plan has more than %d regular expressions; divide it into several", maxRegexes)
		}
		return
	}
	if _, err := regexp.Compile(expression); err != nil {
		v.report(at, "%s is not a regular expression: %s", brief(expression), bound(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	}
}

// affordable refuses schemas whose compilation would take seconds or much
// memory; those in files are checked when they are used.
func (v *validator) affordable(at *place, schema any) bool {
	before := v.schemaNodes <= maxSchemaNodes && v.schemaPatterns <= maxSchemaPatterns
	v.measure(schema)
	after := v.schemaNodes <= maxSchemaNodes && v.schemaPatterns <= maxSchemaPatterns
	if before && !after {
		v.report(at, "the schemas in this plan have more than %d values or %d patterns together; put them into files", maxSchemaNodes, maxSchemaPatterns)
	}
	return after
}

func (v *validator) measure(schema any) {
	v.schemaNodes++
	switch schema := schema.(type) {
	case []any:
		for _, e := range schema {
			v.measure(e)
		}
	case map[string]any:
		if patterns, ok := schema["patternProperties"].(map[string]any); ok {
			v.schemaPatterns += len(patterns)
		}
		if _, ok := schema["pattern"]; ok {
			v.schemaPatterns++
		}
		for _, e := range schema {
			v.measure(e)
		}
	}
}

func holdsReference(value any) bool {
	switch value := value.(type) {
	case string:
		return hasReference(value)
	case []any:
		return slices.ContainsFunc(value, holdsReference)
	case map[string]any:
		for k, e := range value {
			if hasReference(k) || holdsReference(e) {
				return true
			}
		}
	}
	return false
}
