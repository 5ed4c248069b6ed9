package spec

import "encoding/json"

// Matcher compares a value. Every field that is set must hold.
type Matcher struct {
	Equals      *Value  `yaml:"equals" doc:"Equal by value; numbers by magnitude." example:"PENDING"`
	NotEquals   *Value  `yaml:"notEquals" doc:"Not equal. A value that is missing does not count as different." example:"FAILED"`
	Contains    *Value  `yaml:"contains" doc:"Text that holds this text, or a list that holds this element." example:"thanks"`
	NotContains *Value  `yaml:"notContains" doc:"The opposite of contains." example:"error"`
	Matches     string  `yaml:"matches" doc:"RE2 expression that the text matches, anywhere unless anchored by ^ and $." min:"1" max:"1000" example:"^ord_[0-9]+$"`
	In          []Value `yaml:"in" doc:"One of these values." min:"1" max:"100" example:"[PENDING, PAID]"`
	Exists      *bool   `yaml:"exists" doc:"true: there is such a value; false: there is none." example:"true"`
	LT          *Value  `yaml:"lt" doc:"Less than: a number or a duration." example:"10"`
	LTE         *Value  `yaml:"lte" doc:"Less than or equal." example:"500ms"`
	GT          *Value  `yaml:"gt" doc:"Greater than." example:"0"`
	GTE         *Value  `yaml:"gte" doc:"Greater than or equal." example:"1"`
	Length      *int    `yaml:"length" doc:"Number of characters or elements." min:"0" max:"100000000" example:"3"`
	Type        string  `yaml:"type" doc:"Type of the JSON value; an integer is a number too." enum:"string,number,integer,boolean,array,object,null" example:"integer"`
}

// Value is any scalar, list or mapping as written in the plan. Its Go types
// are those of encoding/json: nil, bool, float64, string, []any and
// map[string]any; whole numbers that fit are int64. In the matcher of a status
// it may hold, or have in a list, a StatusClass.
type Value struct{ V any }

// MarshalJSON writes the value itself.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.V) }

// StringList is one string or a list of them.
type StringList []string
