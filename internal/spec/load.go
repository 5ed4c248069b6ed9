package spec

import (
	"reflect"
	"time"
)

// LoadCase holds the keys that only cases of kind load have. One of Uses and
// Steps says what a virtual user does in an iteration.
type LoadCase struct {
	Uses            string                     `yaml:"uses" kind:"load" doc:"Id of the api case whose steps are the iteration; one of uses and steps is given." pattern:"id" min:"1" max:"100" example:"api.order"`
	Steps           []APIStep                  `yaml:"steps" kind:"load" doc:"What a virtual user does in an iteration: http steps, and wait, group, if and for around them." min:"1" max:"100" example:"[{http: /health, check: [{status: 200}]}]"`
	K6              string                     `yaml:"k6" kind:"load" doc:"file:// reference to a k6 script, which is performed instead by a k6 that the worker has. Its options say how much load there is, and its thresholds decide." pattern:"file" max:"600" example:"file://load.js"`
	K6Env           map[string]string          `yaml:"k6Env" kind:"load" doc:"What the script finds in __ENV, and nothing else." max:"100" each:"0-10000" keys:"variable" example:"{BASE_URL: \"${{ BASE_URL }}\"}"`
	Setup           []APIStep                  `yaml:"setup" kind:"load" doc:"Steps before the load, once; what they capture is known to every iteration." min:"1" max:"100" example:"[{http: {method: POST, url: /reset}}]"`
	Teardown        []APIStep                  `yaml:"teardown" kind:"load" doc:"Steps after the load, once, also when it was broken off." min:"1" max:"100" example:"[{http: {method: POST, url: /reset}}]"`
	Scenarios       map[string]*Scenario       `yaml:"scenarios" kind:"load" doc:"Who sends how much and when, by a name of your choice. All of them begin with the load, unless startTime says otherwise." min:"1" max:"20" keys:"id" example:"{steady: {executor: constant-vus, vus: 10, duration: 30s}}"`
	Thresholds      map[string][]LoadThreshold `yaml:"thresholds" kind:"load" doc:"Limits on metrics, by the name of the metric, with tags where only a part of it is meant: http_req_duration{scenario:peak}. They alone decide whether the load passes." min:"1" max:"100" each:"1-20" example:"{http_req_duration: [\"p(95)<500\"], http_req_failed: [\"rate<0.01\"]}"`
	BaselineFile    string                     `yaml:"baselineFile" kind:"load" doc:"file:// reference to the load.json of an earlier run, with which thresholds that name baseline are compared; without it, with the run before." pattern:"file" max:"600" example:"file://load-baseline.json"`
	RequireBaseline bool                       `yaml:"requireBaseline" kind:"load" doc:"Whether a threshold that names baseline fails where there is none to compare with; otherwise it is told as not judged." default:"false" example:"true"`
	Data            []map[string]Value         `yaml:"data" kind:"load" doc:"Rows of variables; each virtual user keeps one, and they begin again where there are more users than rows." min:"1" max:"10000" example:"[{user: ada}, {user: bob}]"`
	Workers         *int                       `yaml:"workers" kind:"load" doc:"How many workers share the load; each takes its part of every scenario." default:"1" min:"1" max:"100" example:"3"`
	OnLostWorker    LostWorker                 `yaml:"onLostWorker" kind:"load" doc:"What becomes of the load when one of its workers is lost: the case is errored, or another worker takes over." default:"fail" enum:"fail,replace" example:"replace"`
}

// LostWorker says what becomes of a load that loses one of its workers.
type LostWorker string

// What may become of it.
const (
	LostWorkerFails      LostWorker = "fail"
	LostWorkerIsReplaced LostWorker = "replace"
)

// Parts is how many workers share the load.
func (l LoadCase) Parts() int { return intOr(l.Workers, 1) }

// Scenario is one pattern of load, by k6's names and meaning. Which of its
// fields an executor takes is in scenarioKeys.
type Scenario struct {
	Executor         LoadExecutor      `yaml:"executor" doc:"The pattern." required:"true" enum:"constant-vus,ramping-vus,constant-arrival-rate,ramping-arrival-rate,shared-iterations,per-vu-iterations" example:"ramping-arrival-rate"`
	StartTime        Duration          `yaml:"startTime" doc:"How long after the start of the load it begins." default:"0s" max:"24h" example:"30s"`
	GracefulStop     *Duration         `yaml:"gracefulStop" doc:"How long iterations may take to end after the scenario is over." default:"30s" example:"5s"`
	VUs              *int              `yaml:"vus" doc:"Virtual users: constant-vus, shared-iterations and per-vu-iterations." default:"1" min:"1" max:"1000000" example:"50"`
	Duration         Duration          `yaml:"duration" doc:"How long: constant-vus and constant-arrival-rate." min:"10ms" max:"24h" example:"1m"`
	Iterations       *int              `yaml:"iterations" doc:"How many iterations: in all with shared-iterations, of each user with per-vu-iterations." default:"1" min:"1" max:"1000000000" example:"1000"`
	MaxDuration      Duration          `yaml:"maxDuration" doc:"When iterations that are left are given up: shared-iterations and per-vu-iterations." default:"10m" min:"10ms" max:"24h" example:"2m"`
	StartVUs         *int              `yaml:"startVUs" doc:"Virtual users at the beginning of ramping-vus." default:"1" min:"0" max:"1000000" example:"0"`
	Stages           []Stage           `yaml:"stages" doc:"Ramps, one after the other: ramping-vus and ramping-arrival-rate." min:"1" max:"100" example:"[{duration: 1m, target: 200}, {duration: 30s, target: 0}]"`
	GracefulRampDown *Duration         `yaml:"gracefulRampDown" doc:"How long an iteration may take to end when ramping-vus takes its user away." default:"30s" example:"5s"`
	Rate             *float64          `yaml:"rate" doc:"Iterations begun in each timeUnit: constant-arrival-rate." min:"0.001" max:"10000000" example:"200"`
	StartRate        *float64          `yaml:"startRate" doc:"Iterations begun in each timeUnit at the beginning of ramping-arrival-rate." default:"0" min:"0" max:"10000000" example:"10"`
	TimeUnit         Duration          `yaml:"timeUnit" doc:"What rates are counted by." default:"1s" min:"1ms" max:"24h" example:"1m"`
	PreAllocatedVUs  *int              `yaml:"preAllocatedVUs" doc:"Virtual users that are ready before an arrival rate begins." min:"0" max:"1000000" example:"20"`
	MaxVUs           *int              `yaml:"maxVUs" doc:"Most virtual users of an arrival rate; preAllocatedVUs when absent. What arrives when all are busy waits for one." min:"1" max:"1000000" example:"200"`
	ThinkTime        *ThinkTime        `yaml:"thinkTime" doc:"Pause after each iteration. A text is its length." example:"{min: 500ms, max: 2s}"`
	Tags             map[string]string `yaml:"tags" doc:"Tags of everything that the scenario measures, for thresholds." max:"10" each:"1-100" keys:"variable" example:"{device: phone}"`
}

// LoadExecutor is one of k6's executors.
type LoadExecutor string

// The executors of scenarios.
const (
	ConstantVUs         LoadExecutor = "constant-vus"
	RampingVUs          LoadExecutor = "ramping-vus"
	ConstantArrivalRate LoadExecutor = "constant-arrival-rate"
	RampingArrivalRate  LoadExecutor = "ramping-arrival-rate"
	SharedIterations    LoadExecutor = "shared-iterations"
	PerVUIterations     LoadExecutor = "per-vu-iterations"
)

// Stage is one ramp: in the time of Duration, linearly to Target. A duration of
// zero jumps.
type Stage struct {
	Duration *Duration `yaml:"duration" doc:"How long the ramp takes; 0s jumps." required:"true" example:"1m"`
	Target   *float64  `yaml:"target" doc:"Users, or iterations in each timeUnit, at its end." required:"true" min:"0" max:"10000000" example:"200"`
}

// ThinkTime is a pause, of a random length where there are two.
type ThinkTime struct {
	Min Duration `yaml:"min" doc:"Its length, or the least of it." required:"true" short:"true" min:"1ms" max:"1h" example:"500ms"`
	Max Duration `yaml:"max" doc:"The most of it; min when absent." min:"1ms" max:"1h" example:"2s"`
}

// LoadThreshold is a limit on a metric.
type LoadThreshold struct {
	Threshold      string   `yaml:"threshold" doc:"An aggregate, a comparison and a number: p(95)<500, avg<=200, rate<0.01, count>1000. Times are in milliseconds. In place of the number may stand what an earlier run measured: p(95)<baseline*1.1, avg<baseline+50, rate<=baseline." required:"true" short:"true" min:"1" max:"200" pattern:"line" example:"p(95)<500"`
	AbortOnFail    bool     `yaml:"abortOnFail" doc:"Break the load off as soon as it does not hold." default:"false" example:"true"`
	DelayAbortEval Duration `yaml:"delayAbortEval" doc:"How long after the start of the load abortOnFail begins to look." default:"0s" min:"1ms" max:"24h" example:"10s"`
	AllowEmpty     bool     `yaml:"allowEmpty" doc:"Whether it holds where nothing was measured; otherwise that is a failure." default:"false" example:"true"`
}

// StopWithin is how long iterations may take to end after the scenario.
func (s Scenario) StopWithin() time.Duration { return orDefault(s.GracefulStop, 30*time.Second) }

// RampDownWithin is the same for a user whom ramping-vus takes away.
func (s Scenario) RampDownWithin() time.Duration {
	return orDefault(s.GracefulRampDown, 30*time.Second)
}

// Length is how long the scenario lasts at most, from its own start and without
// the graceful stop.
func (s Scenario) Length() time.Duration {
	switch s.Executor {
	case SharedIterations, PerVUIterations:
		return s.MaxDuration.Or(10 * time.Minute)
	case RampingVUs, RampingArrivalRate:
		total := time.Duration(0)
		for _, stage := range s.Stages {
			total += orDefault(stage.Duration, 0)
		}
		return total
	}
	return time.Duration(s.Duration)
}

// LongestRamp is how long its longest stage takes that changes how much load
// there is; 0 where it has no stages.
func (s Scenario) LongestRamp() (longest time.Duration) {
	level := floatOr(s.StartRate, 0)
	if s.Executor == RampingVUs {
		level = float64(intOr(s.StartVUs, 1))
	}
	for _, stage := range s.Stages {
		if target := floatOr(stage.Target, 0); target != level {
			longest, level = max(longest, orDefault(stage.Duration, 0)), target
		}
	}
	return longest
}

// MostVUs is how many virtual users the scenario may have at once.
func (s Scenario) MostVUs() int {
	switch s.Executor {
	case RampingVUs:
		most := float64(intOr(s.StartVUs, 1))
		for _, stage := range s.Stages {
			most = max(most, floatOr(stage.Target, 0))
		}
		return int(most)
	case ConstantArrivalRate, RampingArrivalRate:
		return intOr(s.MaxVUs, max(1, intOr(s.PreAllocatedVUs, 1)))
	}
	return intOr(s.VUs, 1)
}

// StepCount is how many steps an attempt of the case reports. A load reports the
// load itself and its thresholds as one step each.
func (c Case) StepCount() int {
	if c.Kind == KindLoad {
		return len(c.Load.Setup) + len(c.Load.Teardown) + 2
	}
	return len(c.APISteps) + len(c.BrowserSteps)
}

// References lists the variables that the texts within a value name, however
// deep, each once.
func References(value any) map[string]bool {
	found := map[string]bool{}
	collectReferences(reflect.ValueOf(value), found)
	return found
}

func collectReferences(v reflect.Value, found map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		for _, name := range references(v.String()) {
			found[name] = true
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collectReferences(v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			collectReferences(v.Field(i), found)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collectReferences(v.Index(i), found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collectReferences(key, found)
			collectReferences(v.MapIndex(key), found)
		}
	}
}

// withUses fills in the steps of the api case that a load case uses.
func (p *Plan) withUses(c Case) Case {
	if c.Kind != KindLoad || c.Load.Uses == "" {
		return c
	}
	for _, other := range p.Cases {
		if other.ID == c.Load.Uses {
			c.Load.Steps = other.APISteps
		}
	}
	return c
}

func orDefault(d *Duration, def time.Duration) time.Duration {
	if d == nil {
		return def
	}
	return time.Duration(*d)
}

func intOr(v *int, def int) int {
	if v == nil {
		return def
	}
	return *v
}

func floatOr(v *float64, def float64) float64 {
	if v == nil {
		return def
	}
	return *v
}
