package triggers

import (
	"slices"
	"strings"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
)

// Settings are what a person decides about a trigger.
type Settings struct {
	Name          string
	Environment   string // the plan's when empty; then a request may name one
	Variables     map[string]string
	OpenVariables []string // that a request may set
	Priority      int      // 1–4; 0 means 2
	Enabled       bool
}

// Change is what Update changes; what is nil stays.
type Change struct {
	Name, Environment *string
	Variables         *map[string]string
	OpenVariables     *[]string
	Priority          *int
	Enabled           *bool
}

func (in *Settings) check() error {
	switch {
	case strings.TrimSpace(in.Name) == "" || len(in.Name) > 100:
		return apperr.Invalid("name", "a trigger needs a name of 1–100 characters")
	case len(in.Environment) > 100:
		return apperr.Invalid("environment", "the name of an environment has at most 100 characters")
	case len(in.Variables) > maxVariables:
		return apperr.Invalid("variables", "a trigger gives at most %d variables", maxVariables)
	case len(in.OpenVariables) > maxVariables:
		return apperr.Invalid("openVariables", "a trigger opens at most %d variables", maxVariables)
	case in.Priority < 0 || in.Priority > 4:
		return apperr.Invalid("priority", "priority must be from 1 to 4; 1 is served first")
	}
	for name, value := range in.Variables {
		if len(name) > 100 || len(value) > 10_000 {
			return apperr.Invalid("variables", "a variable has at most 10000 characters, and its name 100")
		}
	}
	for i, name := range in.OpenVariables {
		if name == "" || len(name) > 100 || slices.Contains(in.OpenVariables[:i], name) {
			return apperr.Invalid("openVariables", "openVariables are names of at most 100 characters, each listed once")
		}
	}
	return nil
}

// maxVariables is as many as a plan has.
const maxVariables = 200

func (c Change) apply(to Settings) Settings {
	set(&to.Name, c.Name)
	set(&to.Environment, c.Environment)
	set(&to.Variables, c.Variables)
	set(&to.OpenVariables, c.OpenVariables)
	set(&to.Priority, c.Priority)
	set(&to.Enabled, c.Enabled)
	return to
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func settingsOf(row *ent.Trigger) Settings {
	return Settings{
		Name: row.Name, Environment: row.Environment, Variables: row.Variables, OpenVariables: row.OpenVariables,
		Priority: row.Priority, Enabled: row.Enabled,
	}
}
