package spec

// Group holds steps.
type Group struct {
	Parallel bool      `yaml:"parallel" doc:"Whether the steps are performed at the same time. Each of them, with what it holds, sees the variables as they were before the group; what it captures is there after it." default:"false" example:"true"`
	Steps    []APIStep `yaml:"steps" doc:"The steps." required:"true" min:"1" max:"100" example:"[{http: /a}, {http: /b}]"`
}

// If performs one of two lists of steps. The matchers stand beside Variable;
// without one it asks that the variable has a value.
type If struct {
	Variable string `yaml:"variable" doc:"Name of the variable that is looked at; matchers stand beside it. One that nobody has captured yet has no value." required:"true" pattern:"variable" min:"1" max:"100" example:"state"`
	Matcher  `yaml:",inline"`
	Then     []APIStep `yaml:"then" doc:"What is done when it is so." required:"true" min:"1" max:"100" example:"[{http: /receipt}]"`
	Else     []APIStep `yaml:"else" doc:"What is done when it is not." max:"100" example:"[{http: /reminder}]"`
}

// For performs steps once for each row.
type For struct {
	As    string    `yaml:"as" doc:"Name of the variable that holds the row; its columns are as.name." default:"row" pattern:"column" max:"50" example:"product"`
	Rows  []Value   `yaml:"rows" doc:"The rows: mappings of columns, or single values." one:"source of rows" min:"1" max:"1000" example:"[{sku: A1, price: 5}, {sku: B2, price: 7}]"`
	File  string    `yaml:"file" doc:"file:// reference to rows beside the plan: a .csv file whose first line names the columns, or a .json file with a list." one:"source of rows" pattern:"file" example:"file://products.csv"`
	Steps []APIStep `yaml:"steps" doc:"The steps for each row." required:"true" min:"1" max:"100" example:"[{http: \"/products/${{ product.sku }}\"}]"`
}

// RowName returns the name of the variable that holds the row.
func (f For) RowName() string {
	if f.As == "" {
		return "row"
	}
	return f.As
}

// Until repeats a step.
type Until struct {
	Attempts *int     `yaml:"attempts" doc:"How often the step is tried at most." default:"10" min:"1" max:"1000" example:"20"`
	Every    Duration `yaml:"every" doc:"Pause between two tries." default:"500ms" min:"1ms" max:"10m" example:"1s"`
	Within   Duration `yaml:"within" doc:"Limit of all tries together." default:"30s" min:"1ms" max:"1h" example:"1m"`
}

// Inner returns the lists of steps that a step holds.
func (s APIStep) Inner() [][]APIStep {
	switch {
	case s.Group != nil:
		return [][]APIStep{s.Group.Steps}
	case s.If != nil:
		return [][]APIStep{s.If.Then, s.If.Else}
	case s.For != nil:
		return [][]APIStep{s.For.Steps}
	}
	return nil
}

// Captured lists the variables that a step and what it holds may capture.
func (s APIStep) Captured() []string {
	names := sortedKeys(s.Capture)
	_, _, acts := s.script()
	for i := range acts {
		for _, e := range acts[i].expectations() {
			names = append(names, sortedKeys(e.Capture)...)
		}
	}
	for _, list := range s.Inner() {
		for _, inner := range list {
			names = append(names, inner.Captured()...)
		}
	}
	return names
}

// walkSteps calls f for every step and what it holds, in order.
func walkSteps(steps []APIStep, f func(*APIStep)) {
	for i := range steps {
		f(&steps[i])
		for _, list := range steps[i].Inner() {
			walkSteps(list, f)
		}
	}
}

// Fork returns a scope with the same variables and secrets, for steps that run
// beside others: what is set in one is not seen in the other.
func (s *Scope) Fork() *Scope {
	fork := *s
	fork.vars = make(map[string]any, len(s.vars))
	for name, v := range s.vars {
		fork.vars[name] = v
	}
	return &fork
}

// Unset takes a variable away.
func (s *Scope) Unset(name string) { delete(s.vars, name) }
