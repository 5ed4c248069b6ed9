package spec

// MustHaveTag marks the cases whose failure outweighs what passed, where a plan
// names no tags of its own.
const MustHaveTag = "must-have"

// Judge says how runs of a plan are assessed.
type Judge struct {
	Criteria *JudgeCriteria `yaml:"criteria" doc:"Weights of the criteria." default:"{functionality: 0.25, ui: 0.3, performance: 0.25, accessibility: 0.2}" example:"{functionality: 0.5, ui: 0.3, performance: 0.2}"`
	MustHave []string       `yaml:"mustHave" doc:"Tags of the cases whose failure outweighs what passed: with one of them failed, functionality scores 0.49 at most." default:"[must-have]" min:"1" max:"20" each:"1-50" keys:"tag" example:"[critical-path]"`
	APIP95   Duration       `yaml:"apiP95" doc:"What the 95th percentile of the answers to the plan's api cases is to be at most; it scores 0.9, and twice as much 0.5. Load cases have theirs in a threshold such as p(95)<500 on http_req_duration." min:"1ms" max:"10m" example:"300ms"`
	LLM      *JudgeLLM      `yaml:"llm" doc:"Have a language model judge too, when the run has ended. What was measured bounds its scores." example:"{votes: 3}"`
	Rubrics  []string       `yaml:"rubrics" doc:"file:// references to checklists that stand for the built-in ones of their criteria: Markdown whose front matter has criterion, version and items." min:"1" max:"4" each:"1-600" example:"[file://rubrics/ui.md]"`
}

// JudgeLLM says how a language model judges.
type JudgeLLM struct {
	Votes int    `yaml:"votes" doc:"How many judgements; an item is decided by more than half of them." default:"3" min:"1" max:"9" example:"5"`
	Model string `yaml:"model" doc:"Another model of the configured endpoint." min:"1" max:"200" pattern:"line" example:"gpt-4.1"`
}

// JudgeCriteria are the weights of what is assessed.
type JudgeCriteria struct {
	Functionality *float64 `yaml:"functionality" doc:"Of what cases did." min:"0" max:"1" example:"0.25"`
	UI            *float64 `yaml:"ui" doc:"Of screenshots and layout." min:"0" max:"1" example:"0.3"`
	Performance   *float64 `yaml:"performance" doc:"Of pages' metrics and answers' times." min:"0" max:"1" example:"0.25"`
	Accessibility *float64 `yaml:"accessibility" doc:"Of accessibility rules." min:"0" max:"1" example:"0.2"`
}

// judge checks that something is weighed.
func (v *validator) judge() {
	j := v.plan.Judge
	if g := v.plan.Gates; g != nil && g.Judge != nil && v.sound(&g.Judge) && (j == nil || j.LLM == nil) {
		v.report(v.at(&g.Judge), "the gate judge needs a judge: add judge: {llm: {votes: 3}}")
	}
	if j != nil {
		for _, ref := range j.Rubrics {
			if _, err := FilePath(ref); err != nil && v.sound(&j.Rubrics) {
				v.report(v.at(&j.Rubrics), "%v", err)
			}
		}
	}
	if j == nil || j.Criteria == nil || !v.sound(&j.Criteria) {
		return
	}
	for _, weight := range []*float64{j.Criteria.Functionality, j.Criteria.UI, j.Criteria.Performance, j.Criteria.Accessibility} {
		if weight != nil && *weight > 0 {
			return
		}
	}
	v.report(v.at(&j.Criteria), "no criterion has a weight above 0; give at least one of functionality, ui, performance and accessibility")
}
