package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Variables returns the variables of the plan for NewScope: the defaults of
// env, with overrides in their place. Overrides are taken as they are; a
// default may refer to other variables, in any order. What a default needs of
// a case (a key of the matrix, run.id, uuid and so on) is filled in by
// NewScope, once for each scope, so that it stays the same while an attempt
// runs. Secrets are not among the result; they go to NewScope themselves.
//
// The error names the secrets that are missing or empty, overrides that the
// plan has no variable for, and overrides of secrets.
func (p *Plan) Variables(overrides, secrets map[string]string) (map[string]any, error) {
	if err := p.checkInputs(overrides, secrets); err != nil {
		return nil, err
	}
	vars := make(map[string]any, len(p.Env)+len(overrides))
	for name, text := range p.Env {
		if hasReference(text) {
			vars[name] = late(text)
		} else {
			vars[name] = text
		}
	}
	for name, text := range overrides {
		vars[name] = text
	}
	given := make(map[string]any, len(vars)+len(secrets))
	for name, v := range vars {
		given[name] = v
	}
	for name, v := range secrets {
		given[name] = v
	}
	r := resolver{scope: &Scope{vars: given, later: &laterSecrets{}}, left: maxExpanded, ofPlan: true}
	for name, v := range vars {
		if _, ok := v.(late); !ok {
			continue
		}
		if text, ok := r.resolve(name); ok {
			vars[name] = text
		}
	}
	if r.left < 0 {
		return nil, errTooLarge
	}
	return vars, nil
}

func (p *Plan) checkInputs(overrides, secrets map[string]string) error {
	var problems, missing []string
	for _, name := range sortedKeys(overrides) {
		_, known := p.Env[name]
		switch {
		case slices.Contains(p.Secrets, name):
			problems = append(problems, fmt.Sprintf("%s is a secret of the plan and must be given as one", brief(name)))
		case !known && name != VarBaseURL:
			problems = append(problems, p.unknownOverride(name))
		}
	}
	for _, name := range p.Secrets {
		if secrets[name] == "" {
			missing = append(missing, name)
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		problems = append(problems, fmt.Sprintf("the secret %s was not given", missing[0]))
	default:
		problems = append(problems, fmt.Sprintf("the secrets %s were not given", sentenceList(missing)))
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(problems, "; "))
}

func (p *Plan) unknownOverride(name string) string {
	message := fmt.Sprintf("the plan has no variable %s under env", brief(name))
	if near := newDecoder().nearest(name, sortedKeys(p.Env)); near != "" {
		message += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return message
}

// late is the default of a variable whose references are not filled in yet.
type late string

// maxResolve is more than a plan may have variables.
const maxResolve = 300

// resolver fills in late variables. References to variables that do not exist
// leave a variable late; Parse has refused circles, and depth guards against
// plans that were made without it.
type resolver struct {
	scope  *Scope
	left   int
	depth  int
	ofPlan bool // there is no case yet: uuid and timestamp are not to be taken
}

func (r *resolver) resolve(name string) (string, bool) {
	text, ok := r.scope.vars[name].(late)
	if !ok || r.depth > maxResolve || r.left < 0 {
		return "", false
	}
	r.depth++
	defer func() { r.depth-- }()
	for _, needed := range references(string(text)) {
		if _, isLate := r.scope.vars[needed].(late); isLate {
			if _, ok := r.resolve(needed); !ok {
				return "", false
			}
		}
		if _, ok := r.scope.vars[needed]; !ok && (r.ofPlan || needed != VarUUID && needed != VarTimestamp) {
			return "", false
		}
	}
	e := expander{scope: r.scope, left: r.left}
	out, err := e.text(string(text))
	r.left = e.left
	if err != nil {
		return "", false
	}
	r.scope.vars[name] = out
	return out, true
}
