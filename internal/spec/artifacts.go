package spec

// Artifacts says when what a browser case leaves behind is kept.
type Artifacts struct {
	Screenshot Retention `yaml:"screenshot" doc:"A picture of the page as it was at the end." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
	Steps      Retention `yaml:"steps" doc:"Small pictures of the page before and after each step." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
	Video      Retention `yaml:"video" doc:"What was shown, as a video." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"on-retry"`
	HAR        Retention `yaml:"har" doc:"What the pages asked for and got, as an HTTP archive." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
	Console    Retention `yaml:"console" doc:"What the pages wrote to the console, and what went wrong in them." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
	DOM        Retention `yaml:"dom" doc:"The document as it was at the end." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
	Trace      Retention `yaml:"trace" doc:"What the browser measured of itself, for Chrome's developer tools and Perfetto." default:"off" enum:"on-failure,on-retry,always,off" example:"on-retry"`
	Playwright Retention `yaml:"playwright" doc:"The steps with what they showed, the console and the requests, for Playwright's trace viewer." default:"on-failure" enum:"on-failure,on-retry,always,off" example:"always"`
}

// Retention says which attempts something is kept of.
type Retention string

// The retentions.
const (
	RetainOnFailure Retention = "on-failure" // those that did not pass
	RetainOnRetry   Retention = "on-retry"   // all but the first
	RetainAlways    Retention = "always"
	RetainNothing   Retention = "off"
)

// Wanted reports whether an attempt, from 1, may have to keep it.
func (r Retention) Wanted(attempt int) bool {
	return r == RetainAlways || r == RetainOnFailure || r == RetainOnRetry && attempt > 1
}

// Kept reports whether an attempt that ended so keeps it. Of one that was
// cancelled or skipped nobody asks why.
func (r Retention) Kept(attempt int, o Outcome) bool {
	if r == RetainOnFailure {
		return o == OutcomeFailed || o == OutcomeTimedOut || o == OutcomeErrored
	}
	return r.Wanted(attempt) && o != OutcomeCancelled && o != OutcomeSkipped
}

// ArtifactsOf is what holds for a case: its own words, then those of the plan,
// then the defaults.
func ArtifactsOf(use Use, c Case) Artifacts {
	choose := func(own, plan, otherwise Retention) Retention {
		switch {
		case own != "":
			return own
		case plan != "":
			return plan
		}
		return otherwise
	}
	plan, own := valueOr(use.Artifacts), valueOr(c.Artifacts)
	return Artifacts{
		Screenshot: choose(own.Screenshot, plan.Screenshot, RetainOnFailure),
		Steps:      choose(own.Steps, plan.Steps, RetainOnFailure),
		Video:      choose(own.Video, plan.Video, RetainOnFailure),
		HAR:        choose(own.HAR, plan.HAR, RetainOnFailure),
		Console:    choose(own.Console, plan.Console, RetainOnFailure),
		DOM:        choose(own.DOM, plan.DOM, RetainOnFailure),
		Trace:      choose(own.Trace, plan.Trace, RetainNothing),
		Playwright: choose(own.Playwright, plan.Playwright, RetainOnFailure),
	}
}

func valueOr(a *Artifacts) Artifacts {
	if a == nil {
		return Artifacts{}
	}
	return *a
}
