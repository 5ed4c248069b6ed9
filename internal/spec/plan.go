package spec

// The tags of the types in this package are the plan language: the decoder,
// the JSON Schema and the reference in docs/plan-format.md are made from them.
//
//	yaml      the key; ",inline" takes the fields of the struct in
//	doc       what it means, for authors
//	default   what holds when the key is absent
//	example   a value as an author may write it; a test reads every one
//	required  the key must be there
//	short     a scalar may stand for the whole struct and fills this field; on an
//	          inlined struct: its short form holds for the outer one
//	action    exactly one of these fields is set
//	one       exactly one field of the group is set; the tag names the group
//	most      at most one field of the group is set
//	optional  on an inlined struct: its groups "one" become "most"
//	kind      the field, or all of an inlined struct, belongs to cases of this kind
//	enum      the texts that are allowed
//	pattern   a form that text must have, by its name in patterns.go
//	keys      the same for the keys of a mapping and the elements of a list
//	min, max  limits: characters of text, elements, magnitude, length of time
//	each      limits "min-max" of the elements of a list or mapping
//	matcher   what the matcher's short form means, by its name in matchers.go

// Plan is a named acceptance specification: the whole of a plan file.
type Plan struct {
	Version     string              `yaml:"version" doc:"Version of the plan language; always \"1\"." required:"true" enum:"1" example:"\"1\""`
	Name        string              `yaml:"name" doc:"What the plan checks." required:"true" min:"1" max:"100" pattern:"line" example:"Checkout"`
	Description string              `yaml:"description" doc:"For readers." max:"1000" example:"What a customer needs in order to pay."`
	Tags        []string            `yaml:"tags" doc:"Labels that every case of the plan carries." max:"20" each:"1-50" keys:"tag" example:"[shop, smoke]"`
	Environment string              `yaml:"environment" doc:"Where the plan runs by default." pattern:"id" min:"1" max:"50" example:"staging"`
	Env         map[string]string   `yaml:"env" doc:"Variables with their defaults. BASE_URL is what relative URLs are resolved against. A value may refer to other variables." max:"200" each:"0-10000" keys:"variable" example:"{BASE_URL: \"https://shop.test\", PORT: 8080}"`
	Secrets     []string            `yaml:"secrets" doc:"Names of variables that must be given from outside and are masked in everything that is stored or shown." max:"50" keys:"variable" example:"[API_TOKEN]"`
	Use         Use                 `yaml:"use" doc:"Settings for every case; a case may override some." example:"{timeout: 2m, retries: 1}"`
	WebServer   *WebServer          `yaml:"webServer" doc:"How the command line starts the application under test when it is not there yet. A server never runs it." example:"{command: [npm, start], url: \"http://localhost:3000\"}"`
	Matrix      map[string][]string `yaml:"matrix" doc:"Names with lists of values: every case runs once for each combination, and reads it as a variable." max:"10" each:"1-100" keys:"variable" example:"{lang: [da, en]}"`
	Cases       []Case              `yaml:"cases" doc:"The cases, before the matrix multiplies them." required:"true" min:"1" max:"100" example:"[{id: api.health, kind: api, steps: [{http: /health}]}]"`
	Timeout     Duration            `yaml:"timeout" doc:"Limit of the whole run, from its first case on; time in which the run is paused does not count." default:"1h" min:"1s" max:"24h" example:"20m"`
	MaxFailures *int                `yaml:"maxFailures" doc:"After so many failed cases no further one is begun; those that are left are skipped." min:"1" max:"10000" example:"10"`
	Concurrency *Concurrency        `yaml:"concurrency" doc:"Which runs wait for one another. A text is the group." example:"{group: staging-db, max: 1, cancelInProgress: true}"`
	Schedule    *Schedule           `yaml:"schedule" doc:"When a server runs the plan by itself. A text is the cron expression." example:"\"0 6 * * 1-5\""`
	Gates       *Gates              `yaml:"gates" doc:"Limits on the whole run, judged at its end." example:"{successRate: 0.95}"`
	Judge       *Judge              `yaml:"judge" doc:"How runs of the plan are assessed; assessments.md tells the rules." example:"{criteria: {functionality: 0.5, accessibility: 0.5}}"`
}

// Use holds the settings that cases share.
type Use struct {
	Timeout      Duration          `yaml:"timeout" doc:"Limit of one attempt of a case." default:"5m" min:"1ms" max:"1h" example:"2m"`
	StepTimeout  Duration          `yaml:"stepTimeout" doc:"Limit of one step." default:"30s" min:"1ms" max:"1h" example:"10s"`
	Retries      *int              `yaml:"retries" doc:"How often a case that did not pass is tried again." default:"0" min:"0" max:"10" example:"2"`
	Parallel     *int              `yaml:"parallel" doc:"How many cases of a run may be under way at once." default:"5" min:"1" max:"1000" example:"10"`
	Viewport     *Viewport         `yaml:"viewport" doc:"Size of the browser's page." default:"1920x1080" example:"{width: 390, height: 844}"`
	Viewports    []Viewport        `yaml:"viewports" doc:"Performs every browser case once in each of these sizes, as a matrix with the key viewport does." min:"1" max:"20" example:"[{width: 1280, height: 720}, {width: 390, height: 844}]"`
	Browser      string            `yaml:"browser" doc:"Which browser performs browser cases." default:"chromium" enum:"chromium,chrome,edge,firefox,webkit" example:"firefox"`
	Browsers     []string          `yaml:"browsers" doc:"Performs every browser case once in each of these browsers, as a matrix with the key browser does." min:"1" max:"5" keys:"browser" example:"[chromium, firefox, webkit]"`
	Headers      map[string]string `yaml:"headers" doc:"Headers added to every HTTP request of api cases." max:"100" each:"0-10000" keys:"header" example:"{Accept-Language: da}"`
	Auth         *Auth             `yaml:"auth" doc:"How api and contract cases show who they are, where a request does not say it itself." example:"{bearer: \"${{ API_TOKEN }}\"}"`
	Proxy        *Proxy            `yaml:"proxy" doc:"Proxy that api cases go through. A text is its url." example:"{url: \"http://proxy.test:3128\", noProxy: [.internal.test]}"`
	TLS          *TLS              `yaml:"tls" doc:"How api and contract cases make secure connections." example:"{ca: file://ca.pem}"`
	BrowserSetup `yaml:",inline"`
	HAR          string     `yaml:"har" doc:"When the exchanges of an api case are kept as an HTTP archive: when it did not pass, always, or never." default:"failed" enum:"failed,always,never" example:"always"`
	Acts         string     `yaml:"acts" doc:"file:// reference to what the act steps came to; semantest run --update-acts writes it." pattern:"file" example:"file://shop.acts.yaml"`
	Heal         bool       `yaml:"heal" doc:"Whether an action whose element is gone may go on with the one that clearly took its place. Never for expectations." default:"false" example:"true"`
	Screenshot   *Comparing `yaml:"screenshot" doc:"How pictures are compared, where a step does not say it itself." example:"{threshold: 0.1, maxDiffRatio: 0.001}"`
	Artifacts    *Artifacts `yaml:"artifacts" doc:"What is kept of browser cases, and when." example:"{video: on-retry, har: always}"`
}

// Concurrency keeps runs of a project from disturbing one another.
type Concurrency struct {
	Group            string `yaml:"group" doc:"Runs of the project with the same group wait for one another." required:"true" short:"true" pattern:"id" min:"1" max:"100" example:"staging-db"`
	Max              *int   `yaml:"max" doc:"How many runs of the group may be under way at once." default:"1" min:"1" max:"1000" example:"2"`
	CancelInProgress bool   `yaml:"cancelInProgress" doc:"Whether a new run stops the group's earlier ones instead of waiting for them." example:"true"`
}

// Schedule says when a server runs a plan by itself.
type Schedule struct {
	Cron     string `yaml:"cron" doc:"Minute, hour, day of the month, month and day of the week; or @hourly, @daily, @weekly, @monthly." required:"true" short:"true" min:"1" max:"200" pattern:"line" example:"0 6 * * 1-5"`
	TimeZone string `yaml:"timeZone" doc:"Name of the zone in which the times are meant." default:"UTC" min:"1" max:"100" pattern:"line" example:"Europe/Copenhagen"`
	Overlap  string `yaml:"overlap" doc:"What happens when the run before is not over: skip this one, allow both, queue this one, or cancel the one before." default:"skip" enum:"skip,allow,queue,cancel" example:"queue"`
	Missed   string `yaml:"missed" doc:"What happens with times at which no server was there: run once for all of them, or skip them." default:"once" enum:"once,skip" example:"skip"`
}

// Viewport is the size of a browser's page in CSS pixels.
type Viewport struct {
	Width  int `yaml:"width" doc:"CSS pixels." required:"true" min:"1" max:"10000" example:"1280"`
	Height int `yaml:"height" doc:"CSS pixels." required:"true" min:"1" max:"10000" example:"720"`
}

// WebServer says how the command line starts the application under test.
type WebServer struct {
	Command []string `yaml:"command" doc:"Program and arguments; no shell reads them." required:"true" min:"1" max:"100" each:"0-1000" example:"[npm, run, start]"`
	URL     string   `yaml:"url" doc:"The address that answers once the application is ready. If it answers already, nothing is started." required:"true" min:"1" max:"2000" example:"http://localhost:3000/health"`
	Timeout Duration `yaml:"timeout" doc:"How long to wait for it." default:"30s" min:"1ms" max:"10m" example:"1m"`
}

// Gates are limits on the aggregate of a run. A run whose cases all passed can
// still fail its gates.
type Gates struct {
	SuccessRate *float64 `yaml:"successRate" doc:"Least share of cases that pass; skipped cases do not count." min:"0" max:"1" example:"0.95"`
	MinCases    *int     `yaml:"minCases" doc:"Least number of cases that must have been run, counted after the matrix." min:"1" max:"10000" example:"6"`

	SuccessRateLowerBound *float64 `yaml:"successRateLowerBound" doc:"Least lower bound of the share of cases that pass, by Wilson with 95 % confidence: 0.72 when 10 of 10 pass, 0.96 when 100 of 100 do." min:"0" max:"1" example:"0.9"`

	Judge *float64 `yaml:"judge" doc:"Least overall score that the language model's judgement gives. It is applied only where that model and its instructions are calibrated on labels of people; otherwise the gate says why it was not." min:"0" max:"1" example:"0.6"`
}

// Case is the smallest thing with an outcome.
type Case struct {
	ID        string              `yaml:"id" doc:"Stable name, unique in the plan: letters, digits, dot, dash and underscore; survives a rename." required:"true" pattern:"id" min:"1" max:"100" example:"api.order"`
	Name      string              `yaml:"name" doc:"For readers; the id when absent. It may refer to the keys of the matrix." max:"200" pattern:"line" example:"An order is accepted"`
	Kind      Kind                `yaml:"kind" doc:"Which executor performs the case." required:"true" example:"api"`
	Tags      []string            `yaml:"tags" doc:"Labels to select cases by." max:"20" each:"1-50" keys:"tag" example:"[smoke]"`
	Skip      string              `yaml:"skip" doc:"A reason: the case is not run and its outcome is skipped." min:"1" max:"500" pattern:"line" example:"Waits for the new payment page"`
	Timeout   Duration            `yaml:"timeout" doc:"Limit of one attempt; overrides use.timeout." min:"1ms" max:"1h" example:"30s"`
	Retries   *int                `yaml:"retries" doc:"Overrides use.retries." min:"0" max:"10" example:"0"`
	Matrix    map[string][]string `yaml:"matrix" doc:"As the plan's matrix, for this case; joined with the plan's, and a key of the same name replaces the plan's." max:"10" each:"1-100" keys:"variable" example:"{size: [S, M, L]}"`
	Browser   string              `yaml:"browser" kind:"browser" doc:"Overrides use.browser and use.browsers." enum:"chromium,chrome,edge,firefox,webkit" example:"firefox"`
	Browsers  []string            `yaml:"browsers" kind:"browser" doc:"Overrides use.browser and use.browsers." min:"1" max:"5" keys:"browser" example:"[chromium, webkit]"`
	Viewport  *Viewport           `yaml:"viewport" kind:"browser" doc:"Overrides use.viewport and use.viewports." example:"{width: 390, height: 844}"`
	Viewports []Viewport          `yaml:"viewports" kind:"browser" doc:"Overrides use.viewport and use.viewports." min:"1" max:"20" example:"[{width: 1280, height: 720}, {width: 390, height: 844}]"`

	Artifacts *Artifacts `yaml:"artifacts" kind:"browser" doc:"Overrides use.artifacts, key by key." example:"{dom: off, video: always}"`

	// Setup is how the browser of the case is when it begins, beside what the
	// plan says for all cases.
	Setup BrowserSetup `yaml:",inline" kind:"browser"`

	// Steps of the one kind that the case has; the other is nil.
	APISteps     []APIStep     `yaml:"steps" kind:"api" doc:"What to send and to check, in order." required:"true" min:"1" max:"500" example:"[{http: /health}]"`
	BrowserSteps []BrowserStep `yaml:"steps" kind:"browser" doc:"What to do and to expect, in order." required:"true" min:"1" max:"500" example:"[{goto: /}]"`

	// Load has the keys of cases of kind load.
	Load LoadCase `yaml:",inline"`

	// Contract has the keys of cases of kind contract.
	Contract ContractCase `yaml:",inline"`

	// LLM has the keys of cases of kind llm.
	LLM LLMCase `yaml:",inline"`

	// Visual has the keys of cases of kind visual, which Parse has turned into
	// browser steps.
	Visual VisualCase `yaml:",inline"`

	// Accessible has the keys of cases of kind accessibility, which Parse has
	// turned into browser steps.
	Accessible AccessibilityCase `yaml:",inline"`

	// Performance has the keys of cases of kind performance, which Parse has
	// turned into browser steps.
	Performance PerformanceCase `yaml:",inline"`
}

// Title is what people read: the name, or the id where there is none.
func (c Case) Title() string {
	if c.Name != "" {
		return c.Name
	}
	return c.ID
}
