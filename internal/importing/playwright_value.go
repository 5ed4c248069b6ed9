package importing

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// words returns a text as the plan has it: a text of the script, the name of one,
// or a variable of the environment, which becomes a secret of the plan.
func (w *playwright) words(e *expression, known names) (string, error) {
	if e == nil {
		return "", errUnknown
	}
	e = w.follow(e, known)
	switch {
	case e.kind == isText:
		return w.literal(e.text), nil
	case e.kind == isNumber:
		return strings.TrimSuffix(fmt.Sprintf("%v", e.number), ".0"), nil
	case e.kind == isChain && e.text == "process" && len(e.links) == 2 && e.links[0].name == "env" && !e.links[1].call:
		name := e.links[1].name
		if !variable.MatchString(name) {
			return "", errUnknown
		}
		if name == spec.VarBaseURL {
			return "${{ " + name + " }}", nil
		}
		if !slices.Contains(w.secrets, name) {
			w.secrets = append(w.secrets, name)
			w.note("give the secret %s its value when you run the plan", name)
		}
		return "${{ " + name + " }}", nil
	}
	return "", fmt.Errorf("%s is no text that is known beforehand", line(e.text, 40, "this"))
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

// matcher is how a text is judged.
func (w *playwright) matcher(e *expression, known names, part bool) (spec.Matcher, error) {
	if e == nil {
		return spec.Matcher{}, errUnknown
	}
	if e = w.follow(e, known); e.kind == isPattern {
		expression, err := re2(e)
		return spec.Matcher{Matches: expression}, err
	}
	text, err := w.words(e, known)
	if part {
		return spec.Matcher{Contains: &spec.Value{V: text}}, err
	}
	return spec.Matcher{Equals: &spec.Value{V: text}}, err
}

// re2 is a regular expression as plans have it.
func re2(e *expression) (string, error) {
	out := strings.ReplaceAll(e.text, `\/`, "/")
	flags := ""
	for _, f := range e.flags {
		switch f {
		case 'i', 's', 'm':
			flags += string(f)
		case 'u', 'g':
		default:
			return "", fmt.Errorf("the flag %c of its expression is not understood", f)
		}
	}
	if flags != "" {
		out = "(?" + flags + ")" + out
	}
	if _, err := regexp.Compile(out); err != nil || strings.Contains(out, "${{") {
		return "", fmt.Errorf("its expression /%s/ cannot be written for a plan", line(e.text, 60, ""))
	}
	return out, nil
}

// named is a text by which elements are found. Of expressions only plain words
// will do, which are found as a part, whatever their case.
func (w *playwright) named(e *expression, known names) (string, error) {
	if e == nil {
		return "", errUnknown
	}
	if e = w.follow(e, known); e.kind == isPattern {
		if e.text == "" || strings.ContainsAny(e.text, `\^$.|?*+()[]{}`) || strings.Trim(e.flags, "i") != "" {
			return "", fmt.Errorf("elements are found by plain text, not by /%s/", line(e.text, 60, ""))
		}
		return w.literal(e.text), nil
	}
	return w.words(e, known)
}
