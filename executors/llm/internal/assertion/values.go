package assertion

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

func present(v any) error {
	if v == nil {
		return errors.New("the value is missing")
	}
	return nil
}

func isText(v any) error {
	_, err := textOf(v)
	return err
}

func isTexts(v any) error {
	_, err := textsOf(v)
	return err
}

func isPattern(v any) error {
	_, err := patternOf(v)
	return err
}

func isCount(v any) error {
	_, _, err := countOf(v)
	return err
}

func isSchema(v any) error {
	if v == nil {
		return nil
	}
	_, err := spec.CompileSchema(v)
	return err
}

func isElements(v any) error {
	_, err := elementsOf(v)
	return err
}

// textOf takes numbers and truth values too: YAML makes them of 42 and true.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", errors.New("the value is missing")
	case string:
		return v, nil
	case []any, map[string]any:
		return "", errors.New("the value must be a text")
	default:
		return fmt.Sprint(v), nil
	}
}

// textsOf reads a list, or a text with commas between its elements.
func textsOf(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		text, err := textOf(v)
		if err != nil {
			return nil, err
		}
		for part := range strings.SplitSeq(text, ",") {
			list = append(list, strings.TrimSpace(part))
		}
	}
	out := make([]string, len(list))
	for i, element := range list {
		text, err := textOf(element)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i+1, err)
		}
		out[i] = text
	}
	if len(out) == 0 {
		return nil, errors.New("the value is an empty list")
	}
	return out, nil
}

func patternOf(v any) (*regexp.Regexp, error) {
	text, err := textOf(v)
	if err != nil {
		return nil, err
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w", text, err)
	}
	return pattern, nil
}

// countOf reads a number, or a mapping with min, max or both. What is not given
// is -1.
func countOf(v any) (least, most int, err error) {
	limits, ok := v.(map[string]any)
	if !ok {
		n, ok := wholeNumber(v)
		if !ok {
			return 0, 0, errors.New("the value must be a number of words, or have min, max or both")
		}
		return n, n, nil
	}
	least, most = -1, -1
	for key, limit := range limits {
		n, ok := wholeNumber(limit)
		if !ok {
			return 0, 0, fmt.Errorf("%s must be a number of words", key)
		}
		switch key {
		case "min":
			least = n
		case "max":
			most = n
		default:
			return 0, 0, fmt.Errorf("there is no key %q: a number of words has min and max", key)
		}
	}
	if len(limits) == 0 || most >= 0 && least > most {
		return 0, 0, errors.New("the value needs min, max or both, and min may not be beyond max")
	}
	return least, most, nil
}

func wholeNumber(v any) (int, bool) {
	const most = 1_000_000
	switch v := v.(type) {
	case int:
		return v, v >= 0 && v <= most
	case int64:
		return int(v), v >= 0 && v <= most
	case float64:
		return int(v), v == float64(int(v)) && v >= 0 && v <= most
	}
	return 0, false
}

// elementsOf reads the elements that XML should have, as paths with dots:
// a list, a text with commas, or a mapping with the key requiredElements.
func elementsOf(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	if m, ok := v.(map[string]any); ok {
		list, ok := m["requiredElements"]
		if !ok || len(m) != 1 {
			return nil, errors.New("the value needs requiredElements, and nothing else")
		}
		v = list
	}
	return textsOf(v)
}
