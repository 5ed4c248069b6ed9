package spec

// APIStep is one exchange of an api case: exactly one action, what to keep of
// its answer, and what to check.
type APIStep struct {
	Name    string             `yaml:"name" doc:"For readers; the action and its target when absent."`
	HTTP    *HTTPRequest       `yaml:"http" doc:"Send an HTTP request." action:"true"`
	Timeout Duration           `yaml:"timeout" doc:"Limit of this step; overrides use.stepTimeout."`
	Capture map[string]Capture `yaml:"capture" doc:"Variables taken from the answer, for later steps of the case."`
	Checks  []Check            `yaml:"check" doc:"Assertions on the answer; every one is evaluated, one that fails fails the case."`
}

// HTTPRequest describes one request. At most one of JSON, Form, Multipart and
// Body is set.
type HTTPRequest struct {
	Method          string                `yaml:"method" doc:"GET when absent."`
	URL             string                `yaml:"url" doc:"Absolute, or relative to BASE_URL." required:"true" short:"true"`
	Query           map[string]StringList `yaml:"query" doc:"Query parameters, added to those in the URL."`
	Headers         map[string]string     `yaml:"headers" doc:"Request headers."`
	JSON            *Value                `yaml:"json" doc:"JSON body: any value."`
	Form            map[string]StringList `yaml:"form" doc:"URL-encoded form body."`
	Multipart       []Part                `yaml:"multipart" doc:"multipart/form-data body."`
	Body            *string               `yaml:"body" doc:"Body as text."`
	FollowRedirects *bool                 `yaml:"followRedirects" doc:"Follow up to 10 redirects (default true)."`
}

// Part is one part of a multipart body: a value or a file.
type Part struct {
	Name        string `yaml:"name" doc:"Name of the form field." required:"true"`
	Value       string `yaml:"value" doc:"Content as text."`
	File        string `yaml:"file" doc:"file:// reference to a file that lies beside the plan."`
	Filename    string `yaml:"filename" doc:"File name to send; the file's own when absent."`
	ContentType string `yaml:"contentType" doc:"Media type of the part."`
}

// Capture says where a variable's value is found: exactly one of its fields.
type Capture struct {
	JSONPath string `yaml:"jsonpath" doc:"RFC 9535 expression on the JSON body; its first node is taken."`
	Header   string `yaml:"header" doc:"Name of a response header."`
	Regex    string `yaml:"regex" doc:"RE2 expression on the body; the first group, or the whole match."`
	Cookie   string `yaml:"cookie" doc:"Name of a cookie that is held after the answer."`
	Status   bool   `yaml:"status" doc:"The status code."`
}

// Check is one assertion on an HTTP answer: one subject, and for Header and
// JSONPath the matcher beside it. A subject that stands alone asks that it
// exists.
type Check struct {
	Status   *Matcher `yaml:"status" doc:"Status code: 201, [200, 204], 2xx, or a matcher."`
	Header   string   `yaml:"header" doc:"Name of a response header; matchers stand beside it."`
	Body     *Matcher `yaml:"body" doc:"Body as text: a string that it equals, or a matcher."`
	JSONPath string   `yaml:"jsonpath" doc:"RFC 9535 expression on the JSON body; matchers stand beside it."`
	Schema   *Schema  `yaml:"schema" doc:"JSON Schema (draft 2020-12) of the body: a file:// reference or the schema itself."`
	Duration *Matcher `yaml:"duration" doc:"Time from sending to the last byte: the most it may take, such as 500ms, or a matcher."`
	Matcher  `yaml:",inline"`
}

// Schema is a JSON Schema by reference or in place; one of the two is set.
type Schema struct {
	File   string
	Inline any
}
