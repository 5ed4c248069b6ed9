package spec

import "regexp"

// Evaluate runs a script in the page.
type Evaluate struct {
	Script  string `yaml:"script" doc:"An expression or, where it holds the word return, the body of an async function. The value under arg is its variable arg." required:"true" short:"true" min:"1" max:"20000" example:"document.cookie.length"`
	Arg     *Value `yaml:"arg" doc:"A value for the script." example:"{sku: A1}"`
	World   string `yaml:"world" doc:"Where it runs: beside the page's scripts, where it sees the document but no variables of theirs, or among them." default:"isolated" enum:"isolated,page" example:"page"`
	As      string `yaml:"as" doc:"Name of a variable that gets the result." pattern:"variable" min:"1" max:"100" example:"total"`
	Matcher `yaml:",inline"`
}

// Clock is the time that the page's scripts see.
type Clock struct {
	Now     string   `yaml:"now" doc:"The time that it is from now on, in RFC 3339." min:"1" max:"100" example:"2030-01-01T08:00:00Z"`
	Advance Duration `yaml:"advance" doc:"Let so much time pass at once: what scripts have put off until then is done." min:"1ms" max:"8760h" example:"5m"`
	Freeze  *bool    `yaml:"freeze" doc:"true: time stands still; false: it goes on." example:"true"`
}

// StyleOf names a property of an element's style.
type StyleOf struct {
	Locator  `yaml:",inline"`
	Property string `yaml:"property" doc:"Name of the CSS property; its computed value is judged." required:"true" min:"1" max:"200" example:"background-color"`
}

// Aria is a part of the accessibility tree.
type Aria struct {
	Locator  `yaml:",inline" optional:"true"`
	Snapshot string `yaml:"snapshot" doc:"What must be in it, in order: a list of roles with names, as plan-format.md says." required:"true" short:"true" min:"1" max:"50000" example:"\"- heading \\\"Thanks\\\"\""`
}

var returns = regexp.MustCompile(`\breturn\b`)

// Function is the script as the source of a function of one argument.
func (e Evaluate) Function() string {
	if returns.MatchString(e.Script) {
		return "async function (arg) {\n" + e.Script + "\n}"
	}
	return "async function (arg) { return (\n" + e.Script + "\n); }"
}
