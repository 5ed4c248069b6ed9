package spec

// Plan is a named acceptance specification: the whole of a plan file.
type Plan struct {
	Version     string              `yaml:"version" doc:"Version of the plan language; always \"1\"." required:"true"`
	Name        string              `yaml:"name" doc:"What the plan checks, 1–100 characters." required:"true"`
	Description string              `yaml:"description" doc:"For readers, at most 1000 characters."`
	Tags        []string            `yaml:"tags" doc:"Labels that every case of the plan carries."`
	Environment string              `yaml:"environment" doc:"Where the plan runs by default, such as staging."`
	Env         map[string]string   `yaml:"env" doc:"Variables with their defaults. BASE_URL is what relative URLs are resolved against. A value may refer to other variables."`
	Secrets     []string            `yaml:"secrets" doc:"Names of variables that must be given from outside and are masked in everything that is stored or shown."`
	Use         Use                 `yaml:"use" doc:"Settings for every case; a case may override some."`
	WebServer   *WebServer          `yaml:"webServer" doc:"How the command line starts the application under test when it is not there yet. A server never runs it."`
	Matrix      map[string][]string `yaml:"matrix" doc:"Names with lists of values: every case runs once for each combination, and reads it as a variable."`
	Cases       []Case              `yaml:"cases" doc:"The cases, 1–100 before the matrix." required:"true"`
	Gates       *Gates              `yaml:"gates" doc:"Limits on the whole run, judged at its end."`
}

// Use holds the settings that cases share.
type Use struct {
	Timeout     Duration          `yaml:"timeout" doc:"Limit of one attempt of a case (default 5m, at most 1h)."`
	StepTimeout Duration          `yaml:"stepTimeout" doc:"Limit of one step (default 30s)."`
	Retries     *int              `yaml:"retries" doc:"How often a case that did not pass is tried again, 0–10 (default 0)."`
	Parallel    *int              `yaml:"parallel" doc:"How many cases of a run may be under way at once, 1–1000 (default 5)."`
	Viewport    *Viewport         `yaml:"viewport" doc:"Size of the browser's page (default 1920x1080)."`
	Headers     map[string]string `yaml:"headers" doc:"Headers added to every HTTP request of api cases."`
}

// Viewport is the size of a browser's page in CSS pixels.
type Viewport struct {
	Width  int `yaml:"width" doc:"CSS pixels, 1–10000." required:"true"`
	Height int `yaml:"height" doc:"CSS pixels, 1–10000." required:"true"`
}

// WebServer says how the command line starts the application under test.
type WebServer struct {
	Command []string `yaml:"command" doc:"Program and arguments." required:"true"`
	URL     string   `yaml:"url" doc:"The address that answers once the application is ready. If it answers already, nothing is started." required:"true"`
	Timeout Duration `yaml:"timeout" doc:"How long to wait for it (default 30s)."`
}

// Gates are limits on the aggregate of a run. A run whose cases all passed can
// still fail its gates.
type Gates struct {
	SuccessRate *float64 `yaml:"successRate" doc:"Least share of cases that pass, 0–1; skipped cases do not count."`
	MinCases    *int     `yaml:"minCases" doc:"Least number of cases that must have been run."`
}

// Case is the smallest thing with an outcome.
type Case struct {
	ID       string              `yaml:"id" doc:"Stable name: letters, digits, dot, dash and underscore; survives a rename." required:"true"`
	Name     string              `yaml:"name" doc:"For readers; the id when absent."`
	Kind     Kind                `yaml:"kind" doc:"Which executor performs the case." required:"true"`
	Tags     []string            `yaml:"tags" doc:"Labels to select cases by."`
	Skip     string              `yaml:"skip" doc:"A reason: the case is not run and its outcome is skipped."`
	Timeout  Duration            `yaml:"timeout" doc:"Limit of one attempt; overrides use.timeout."`
	Retries  *int                `yaml:"retries" doc:"Overrides use.retries."`
	Matrix   map[string][]string `yaml:"matrix" doc:"As the plan's matrix, for this case; joined with the plan's."`
	Viewport *Viewport           `yaml:"viewport" doc:"Overrides use.viewport (browser cases)."`

	// Steps of the one kind that the case has; the other is nil.
	APISteps     []APIStep     `yaml:"steps" kind:"api" doc:"What to send and to check, in order."`
	BrowserSteps []BrowserStep `yaml:"steps" kind:"browser" doc:"What to do and to expect, in order."`
}

// Title is what people read: the name, or the id where there is none.
func (c Case) Title() string {
	if c.Name != "" {
		return c.Name
	}
	return c.ID
}
