package spec

import (
	"regexp"
	"slices"
	"strings"
)

// LLMCase holds the keys that only cases of kind llm have.
type LLMCase struct {
	Target    *LLMTarget         `yaml:"target" kind:"llm" doc:"What is asked: an application over HTTP, with url, or a language model, with model." required:"true" example:"{url: /chat, body: {message: \"${{ prompt }}\"}, answer: {jsonpath: $.reply}}"`
	Prompt    string             `yaml:"prompt" kind:"llm" doc:"What is said. {{ name }} is a variable of vars or a column of rows." min:"1" max:"100000" example:"Refund order {{id}}"`
	Turns     []LLMTurn          `yaml:"turns" kind:"llm" doc:"A conversation, instead of one prompt." min:"1" max:"50" example:"[My order is 42, {prompt: When does it come, assert: [{type: contains, value: \"42\"}]}]"`
	Vars      map[string]Value   `yaml:"vars" kind:"llm" doc:"Variables of the prompts and of what is asserted." max:"100" keys:"variable" example:"{id: \"42\"}"`
	Rows      []map[string]Value `yaml:"rows" kind:"llm" doc:"Asks once for each row; its columns are variables and come before those of vars." min:"1" max:"1000" example:"[{id: \"42\", answer: five days}, {id: \"43\", answer: sold out}]"`
	RowsFile  string             `yaml:"rowsFile" kind:"llm" doc:"file:// reference to rows beside the plan: a .csv file whose first line names the columns, or a .json file with a list." pattern:"file" max:"600" example:"file://questions.csv"`
	Repeat    *int               `yaml:"repeat" kind:"llm" doc:"How often each prompt is asked: models vary." default:"1" min:"1" max:"100" example:"5"`
	PassRate  *float64           `yaml:"passRate" kind:"llm" doc:"Least share of the answers to a prompt that must pass." default:"1" min:"0" max:"1" example:"0.8"`
	Threshold *float64           `yaml:"threshold" kind:"llm" doc:"An answer passes when the weighted mean of its assertions' scores reaches this; without it, when every assertion passes." min:"0" max:"1" example:"0.75"`
	AtOnce    *int               `yaml:"atOnce" kind:"llm" doc:"How many answers are awaited at the same time." default:"4" min:"1" max:"50" example:"1"`
	MaxCost   *float64           `yaml:"maxCost" kind:"llm" doc:"Most that all answers may cost together, in US dollars; the case fails beyond it, and where the cost is not known." min:"0" max:"10000" example:"0.05"`
	Assert    []LLMAssertion     `yaml:"assert" kind:"llm" doc:"What the answer should be like; of a conversation, the last one." max:"100" example:"[{type: icontains, value: refund}]"`
}

// LLMTarget is what a case of kind llm asks.
type LLMTarget struct {
	URL     string            `yaml:"url" doc:"Address of an application, absolute or relative to BASE_URL." min:"1" max:"2000" example:"/chat"`
	Method  string            `yaml:"method" doc:"Method, in capitals." default:"POST" pattern:"method" max:"30" example:"PUT"`
	Headers map[string]string `yaml:"headers" doc:"Headers of the request." max:"100" each:"0-10000" keys:"header" example:"{X-Tenant: test}"`
	Body    Value             `yaml:"body" doc:"JSON of the request. prompt is what is said, messages the whole conversation as OpenAI writes it, conversation an id that is new for each conversation." example:"{message: \"${{ prompt }}\", session: \"${{ conversation }}\"}"`
	Answer  *LLMAnswer        `yaml:"answer" doc:"Where the answer stands in the response; the whole body when absent. A text is a JSONPath." example:"{jsonpath: $.reply}"`
	Stream  string            `yaml:"stream" doc:"The response comes piece by piece: as server-sent events, or as a JSON document in each line. answer is looked for in every piece, and joined." enum:"sse,lines" example:"sse"`

	Model       string    `yaml:"model" doc:"Name of a model behind OpenAI's API." min:"1" max:"200" example:"gpt-5-mini"`
	BaseURL     string    `yaml:"baseUrl" doc:"Where that API is; the model that the server is configured with is asked when absent." min:"1" max:"2000" example:"https://api.openai.com/v1"`
	Key         string    `yaml:"key" doc:"Key of that API." max:"1000" example:"${{ OPENAI_API_KEY }}"`
	System      string    `yaml:"system" doc:"System message." max:"100000" example:"You help customers of a shop."`
	Temperature *float64  `yaml:"temperature" doc:"How much the model varies." min:"0" max:"2" example:"0"`
	MaxTokens   *int      `yaml:"maxTokens" doc:"Most tokens of an answer." default:"1024" min:"1" max:"100000" example:"300"`
	Seed        *int      `yaml:"seed" doc:"Asks the model to vary less." min:"0" max:"2147483647" example:"7"`
	Tools       []LLMTool `yaml:"tools" doc:"Functions that the model may call. Needs baseUrl." min:"1" max:"100" example:"[{name: order, parameters: {type: object, properties: {id: {type: string}}}}]"`

	Timeout Duration `yaml:"timeout" doc:"Limit of one answer." default:"60s" min:"1ms" max:"10m" example:"20s"`
}

// LLMAnswer says where an answer stands.
type LLMAnswer struct {
	JSONPath string `yaml:"jsonpath" doc:"JSONPath (RFC 9535) of the text." short:"true" one:"place of the answer" min:"1" max:"1000" example:"$.choices[0].message.content"`
	Regex    string `yaml:"regex" doc:"Regular expression; its first group, or all of it." one:"place of the answer" min:"1" max:"1000" example:"<answer>(.*)</answer>"`
}

// LLMTool is a function that a model may call.
type LLMTool struct {
	Name        string `yaml:"name" doc:"Name of the function." required:"true" min:"1" max:"64" pattern:"id" example:"order"`
	Description string `yaml:"description" doc:"What it does, for the model." max:"2000" example:"Looks an order up."`
	Parameters  Value  `yaml:"parameters" doc:"JSON Schema of its arguments." example:"{type: object, properties: {id: {type: string}}}"`
}

// LLMTurn is one thing said in a conversation.
type LLMTurn struct {
	Prompt string         `yaml:"prompt" doc:"What is said." required:"true" short:"true" min:"1" max:"100000" example:"Where is my order?"`
	Assert []LLMAssertion `yaml:"assert" doc:"What the answer to it should be like." max:"100" example:"[{type: icontains, value: refund}]"`
}

// LLMAssertion is what an answer should be like.
type LLMAssertion struct {
	Type      string   `yaml:"type" doc:"What is asserted, by promptfoo's name; not- before it turns it around. llm-cases.md lists the types." required:"true" min:"1" max:"50" example:"icontains"`
	Value     Value    `yaml:"value" doc:"What the type needs: a text, a list, a JSON Schema, a rubric." example:"refund"`
	Threshold *float64 `yaml:"threshold" doc:"Limit of the type's score; milliseconds of latency, US dollars of cost." min:"0" max:"1000000000" example:"0.7"`
	Weight    *float64 `yaml:"weight" doc:"Its part in the score of the answer; 0 only tells it." default:"1" min:"0" max:"1000" example:"2"`
	Metric    string   `yaml:"metric" doc:"A name under which the score is kept as a metric." pattern:"id" max:"100" example:"politeness"`
	Context   string   `yaml:"context" doc:"What the answer should rest on, for the types context-…." max:"200000" example:"Refunds take five days."`
	Votes     *int     `yaml:"votes" doc:"How often a model is asked for its judgement; most votes win, and the case is not judged where there is no majority." default:"1" min:"1" max:"9" example:"3"`
}

// Variables that the target of an llm case has beside those of every case.
const (
	VarPrompt       = "prompt"       // what is said
	VarMessages     = "messages"     // the conversation up to it, as OpenAI writes it
	VarConversation = "conversation" // an id, new for each conversation
)

// LLMNegation before the type of an assertion turns it around.
const LLMNegation = "not-"

// LLMGraded lists the types of assertions that a model judges.
func LLMGraded() []string {
	return []string{
		"answer-relevance", "context-faithfulness", "context-recall", "context-relevance",
		"factuality", "llm-rubric", "model-graded-closedqa", "similar",
	}
}

// LLMAssertions lists the types of assertions.
func LLMAssertions() []string {
	return append([]string{
		"bleu", "contains", "contains-all", "contains-any", "contains-html", "contains-json", "contains-sql", "contains-xml",
		"cost", "equals", "finish-reason", "gleu", "icontains", "icontains-all", "icontains-any", "is-html", "is-json", "is-refusal",
		"is-sql", "is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call", "is-xml", "latency",
		"levenshtein", "meteor", "perplexity", "perplexity-score", "regex", "rouge-n", "starts-with", "tool-call-f1", "webhook", "word-count",
	}, LLMGraded()...)
}

// Talk returns the turns of a conversation; a prompt is a conversation of one.
func (c LLMCase) Talk() []LLMTurn {
	turns := slices.Clone(c.Turns)
	if len(turns) == 0 {
		turns = []LLMTurn{{Prompt: c.Prompt}}
	}
	last := &turns[len(turns)-1]
	last.Assert = slices.Concat(last.Assert, c.Assert)
	return turns
}

// braces are promptfoo's way to name a variable: {{ name }}.
var braces = regexp.MustCompile(`\$?\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}`)

// Braced returns the names in a text that stand in {{ }}.
func Braced(text string) (names []string) {
	for _, found := range braces.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(found[0], "$") {
			names = append(names, found[1])
		}
	}
	return names
}

// Unbrace writes {{ name }} as ${{ name }}, so that one expansion fills in both.
func Unbrace(text string) string {
	return braces.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "$") {
			return found
		}
		return "$" + found
	})
}
