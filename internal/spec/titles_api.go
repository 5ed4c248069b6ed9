package spec

import "fmt"

// act is the word for the action of a step and what it says of itself.
func (s APIStep) act() (action, text string) {
	switch {
	case s.HTTP != nil:
		return "http", words(s.HTTP.MethodOr("GET"), s.HTTP.URL)
	case s.Wait != 0:
		return "wait", "wait " + s.Wait.String()
	case s.Group != nil:
		if s.Group.Parallel {
			return "group", fmt.Sprintf("%d steps at the same time", len(s.Group.Steps))
		}
		return "group", fmt.Sprintf("group of %d steps", len(s.Group.Steps))
	case s.If != nil:
		return "if", words("if", s.If.Variable, s.If.Matcher.String())
	case s.For != nil:
		return "for", "for each " + s.For.RowName()
	}
	return "", ""
}
