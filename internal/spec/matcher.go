package spec

// Matcher compares a value. Every field that is set must hold.
type Matcher struct {
	Equals      *Value  `yaml:"equals" doc:"Equal by value; numbers by magnitude."`
	NotEquals   *Value  `yaml:"notEquals" doc:"Not equal."`
	Contains    *Value  `yaml:"contains" doc:"Text that holds this text, or a list that holds this element."`
	NotContains *Value  `yaml:"notContains" doc:"The opposite of contains."`
	Matches     string  `yaml:"matches" doc:"RE2 expression that the text matches."`
	In          []Value `yaml:"in" doc:"One of these values."`
	Exists      *bool   `yaml:"exists" doc:"true: there is such a value; false: there is none."`
	LT          *Value  `yaml:"lt" doc:"Less than: a number or a duration."`
	LTE         *Value  `yaml:"lte" doc:"Less than or equal."`
	GT          *Value  `yaml:"gt" doc:"Greater than."`
	GTE         *Value  `yaml:"gte" doc:"Greater than or equal."`
	Length      *int    `yaml:"length" doc:"Number of characters or elements."`
	Type        string  `yaml:"type" doc:"string, number, integer, boolean, array, object or null."`
}

// Value is any scalar, list or mapping as written in the plan. Its Go types
// are those of encoding/json: nil, bool, float64, string, []any and
// map[string]any; whole numbers that fit are int64.
type Value struct{ V any }

// StringList is one string or a list of them.
type StringList []string
