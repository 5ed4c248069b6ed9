package spec

import "regexp"

// form is a named form of text that the tags "pattern" and "keys" refer to.
// The expression is in the common subset of RE2 and of JSON Schema's dialect.
type form struct {
	expression string
	re         *regexp.Regexp
	sentence   string // completes "it …, but is x"
	always     bool   // also checked where a variable is still to be filled in
}

var forms = func() map[string]form {
	m := map[string]form{
		"id":         {expression: `^[A-Za-z0-9._-]+$`, sentence: "may hold letters, digits, dot, dash and underscore"},
		"artifact":   {expression: `^[A-Za-z0-9_-][A-Za-z0-9._-]*$`, sentence: "may hold letters, digits, dash, underscore and dot, and does not begin with a dot"},
		"tag":        {expression: `^[^\s,]+$`, sentence: "may not hold white space or a comma"},
		"variable":   {expression: `^[A-Za-z_][A-Za-z0-9_.-]{0,99}$`, sentence: "must begin with a letter or underscore and hold at most 100 letters, digits, underscores, dots and dashes"},
		"browser":    {expression: `^(chromium|chrome|edge|firefox|webkit)$`, sentence: "must be chromium, chrome, edge, firefox or webkit"},
		"column":     {expression: `^[A-Za-z_][A-Za-z0-9_-]{0,49}$`, sentence: "must begin with a letter or underscore and hold letters, digits, underscores and dashes"},
		"days":       {expression: `^([0-9]{1,5}d|([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+)$`, sentence: "must be a number of days such as 30d, or a duration such as 12h"},
		"grpcMethod": {expression: `^/?[A-Za-z_][A-Za-z0-9_.]*/[A-Za-z_][A-Za-z0-9_]*$`, sentence: "must be a service and a method, such as shop.v1.Orders/Get"},
		"header":     {expression: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", sentence: "must be the name of an HTTP header"},
		"modifier":   {expression: `^(Alt|Control|ControlOrMeta|Ctrl|Meta|Shift)$`, sentence: "must be Alt, Control, ControlOrMeta, Meta or Shift"},
		"method":     {expression: `^[A-Z][A-Z-]*$`, sentence: "must be an HTTP method in capitals"},
		"line":       {expression: `^[^\x00-\x1f\x7f]*$`, sentence: "must be one line without control characters", always: true},
		"axe":        {expression: `^[a-z0-9][a-zA-Z0-9.-]*$`, sentence: "must be a name of axe-core, such as color-contrast or cat.forms"},
		"size":       {expression: `^[0-9]{1,12}(\.[0-9]{1,6})? ?([kKMG]i?)?B$`, sentence: "must be a size, such as 300KB, 1.5MB or 64KiB"},
		"file":       {expression: `^file://`, sentence: "must be a reference such as file://name.json"},
	}
	for name, f := range m {
		f.re = regexp.MustCompile(f.expression)
		m[name] = f
	}
	return m
}()
