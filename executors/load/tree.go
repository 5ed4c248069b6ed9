package load

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// maxRowsBytes bounds a file with the rows of a loop: 1 MiB, as in api cases.
const maxRowsBytes = 1 << 20

// act is what a virtual user does at one point of an iteration: exactly one of
// its fields.
type act struct {
	step *step // a request, or a conversation
	wait time.Duration
	held []*act // a group
	when *condition
	each *loop
}

type condition struct {
	source          spec.If // its matchers and variable
	then, otherwise []*act
}

type loop struct {
	name  string
	rows  []any
	fill  []spec.Value // the rows where they hold variables
	steps []*act
}

// words says how often the variables of a load change.
type words struct {
	perIteration, perUser map[string]bool
	rows                  []string // names of the rows of the loops around a step
	shared                map[string]bool
}

func (r *run) words() *words {
	w := &words{
		perIteration: map[string]bool{spec.VarUUID: true, spec.VarTimestamp: true, spec.VarVUIteration: true},
		perUser:      map[string]bool{spec.VarVU: true},
		shared:       spec.References(r.task.Use.Headers),
	}
	l := &r.task.Case.Load
	for _, s := range l.Steps {
		for _, name := range s.Captured() {
			w.perIteration[name] = true
		}
	}
	for _, row := range l.Data {
		for name := range row {
			w.perUser[name] = true
		}
	}
	return w
}

// of is how often something that holds these variables has to be filled in.
func (w *words) of(all ...map[string]bool) (out varies) {
	for _, names := range all {
		for name := range names {
			switch {
			case w.perIteration[name] || slices.ContainsFunc(w.rows, func(row string) bool { return name == row || strings.HasPrefix(name, row+".") }):
				return withIteration
			case w.perUser[name]:
				out = withUser
			}
		}
	}
	return out
}

// acts compiles steps and what they hold.
func (r *run) acts(steps []spec.APIStep, w *words) ([]*act, error) {
	out := make([]*act, 0, len(steps))
	for _, s := range steps {
		a, err := r.act(s, w)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (r *run) act(s spec.APIStep, w *words) (out *act, err error) {
	out = &act{}
	switch {
	case s.Wait != 0:
		out.wait = time.Duration(s.Wait)
	case s.Group != nil:
		out.held, err = r.acts(s.Group.Steps, w)
	case s.If != nil:
		r.program.own = true
		out.when = &condition{source: *s.If}
		if out.when.then, err = r.acts(s.If.Then, w); err == nil {
			out.when.otherwise, err = r.acts(s.If.Else, w)
		}
	case s.For != nil:
		r.program.own = true
		if out.each, err = r.loop(*s.For); err != nil {
			return nil, err
		}
		inside := *w
		inside.rows = append(slices.Clone(w.rows), out.each.name)
		out.each.steps, err = r.acts(s.For.Steps, &inside)
	default:
		out.step, err = r.step(s, w)
	}
	return out, err
}

// loop reads the rows of a loop once: their files do not change in a load.
func (r *run) loop(f spec.For) (*loop, error) {
	out := &loop{name: f.RowName()}
	if f.File == "" {
		if len(spec.References(f.Rows)) > 0 {
			out.fill = f.Rows
		}
		for _, v := range f.Rows {
			out.rows = append(out.rows, v.V)
		}
		return out, nil
	}
	file, name, err := executors.OpenFile(r.task.Files, f.File)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxRowsBytes+1))
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	switch {
	case err != nil:
		return nil, executors.Errorf("the file %s cannot be read: %w", name, err)
	case len(data) > maxRowsBytes:
		return nil, executors.Errorf("the file %s is larger than the limit of %d MiB", name, maxRowsBytes>>20)
	}
	if out.rows, err = spec.ReadRows(f.File, data); err != nil {
		return nil, executors.Errorf("%w", err)
	}
	return out, nil
}

// walk performs acts in order, up to the first that does not pass. Late is how
// long after it was due the first request begins; it is 0 behind that.
func (u *user) walk(acts []*act, late *time.Duration) (passed, interrupted bool) {
	for _, a := range acts {
		if passed, interrupted = u.act(a, late); interrupted || !passed {
			return passed, interrupted
		}
	}
	return true, false
}

func (u *user) act(a *act, late *time.Duration) (passed, interrupted bool) {
	switch {
	case a.step != nil:
		if a.step.talk != nil {
			passed, interrupted = u.converse(a.step)
		} else {
			passed, interrupted = u.perform(a.step, *late)
		}
		*late = 0
		return passed, interrupted
	case a.wait != 0:
		return true, !u.linger(a.wait)
	case a.when != nil:
		return u.branch(a.when, late)
	case a.each != nil:
		return u.repeat(a.each, late)
	}
	return u.walk(a.held, late)
}

// linger lets time pass within an iteration, which may end after its scenario;
// false when the user was killed meanwhile.
func (u *user) linger(length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-u.scenario.killed.Done():
	case <-u.wires.dead:
	}
	return false
}

// branch takes one of the two ways of a condition, as the api case does.
func (u *user) branch(c *condition, late *time.Duration) (passed, interrupted bool) {
	m, err := spec.Expand(u.task.Scope, c.source.Matcher)
	if err != nil {
		u.run.giveUp(executors.Errorf("the condition on %s cannot be filled in: %w", c.source.Variable, err))
		return false, true
	}
	actual := spec.NoActual()
	if v, known := u.task.Scope.Get(c.source.Variable); known {
		actual = spec.JSONActual(v)
		if text, ok := v.(string); ok {
			actual = spec.TextActual(text)
		}
	}
	if fits(m, actual) {
		return u.walk(c.then, late)
	}
	return u.walk(c.otherwise, late)
}

func (u *user) repeat(l *loop, late *time.Duration) (passed, interrupted bool) {
	rows := l.rows
	if l.fill != nil {
		filled, err := spec.Expand(u.task.Scope, l.fill)
		if err != nil {
			u.run.giveUp(executors.Errorf("the rows of %s cannot be filled in: %w", l.name, err))
			return false, true
		}
		rows = make([]any, len(filled))
		for i, v := range filled {
			rows[i] = v.V
		}
	}
	for _, row := range rows {
		names := u.setRow(l.name, row)
		passed, interrupted = u.walk(l.steps, late)
		for _, name := range names {
			u.task.Scope.Unset(name)
		}
		if interrupted || !passed {
			return passed, interrupted
		}
	}
	return true, false
}

// setRow gives the variable of a row and its columns their values.
func (u *user) setRow(name string, row any) []string {
	u.task.Scope.Set(name, row)
	names := []string{name}
	if columns, ok := row.(map[string]any); ok {
		for _, c := range slices.Sorted(maps.Keys(columns)) {
			u.task.Scope.Set(name+"."+c, columns[c])
			names = append(names, name+"."+c)
		}
	}
	return names
}
