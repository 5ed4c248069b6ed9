package spec

import "strings"

// foreignAssertions are the types of promptfoo that are left out on purpose, with the
// reason and the way that does the same.
var foreignAssertions = map[string]string{
	"javascript": noCode, "python": noCode, "ruby": noCode,

	"g-eval":                  `ask with "llm-rubric", which gives reasons and a score`,
	"agent-rubric":            `ask with "llm-rubric"; a judging model has no tools here`,
	"search-rubric":           `ask with "llm-rubric", and give it the facts; a judging model does not search here`,
	"conversation-relevance":  `give each of the "turns" an "answer-relevance" or an "llm-rubric"`,
	"model-graded-factuality": `it is "factuality" here`,

	"similar:cosine":    `it is "similar" here`,
	"similar:dot":       `"similar" compares by cosine`,
	"similar:euclidean": `"similar" compares by cosine`,

	"classifier": noService, "guardrails": noService, "moderation": noService, "pi": noService,

	"skill-used":              `name the tools with "tool-call-f1"`,
	"trajectory:tool-used":    `name the tools with "tool-call-f1"`,
	"trace-error-spans":       noTrace,
	"trace-span-count":        noTrace,
	"trace-span-duration":     noTrace,
	"trajectory:goal-success": noTrace, "trajectory:step-count": noTrace,
	"trajectory:tool-args-match": noTrace, "trajectory:tool-sequence": noTrace,

	"human":       "people judge a run when it has ended, with labelAssessment or on its page",
	"max-score":   oneAnswer,
	"select-best": oneAnswer,
	"assert-set":  `write its assertions into the list of the case, where "threshold" and "weight" do the same`,
}

// Why a type is left out.
const (
	noCode    = `plans hold no code; give the answer to a service of yours with "webhook", or say it with a rule such as "regex" or "is-json"`
	noService = `it needs a service of its own; ask a model with "llm-rubric", or reach that service with "webhook"`
	noTrace   = `traces of a target are not read; give the answer to a service that has them with "webhook", or bound "latency"`
	oneAnswer = `it chooses among the answers of several targets, and a case has one; give each target a case and compare them`
)

// foreign says why a type of promptfoo is left out, and what to use instead; empty
// for other names.
func foreign(name string) string {
	if strings.HasPrefix(name, "promptfoo:redteam:") {
		return `its attacks are not made here; say the attack in a prompt, and expect "is-refusal" or "not-contains"`
	}
	return foreignAssertions[name]
}
