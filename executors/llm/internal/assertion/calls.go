package assertion

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/semantest/semantest/internal/spec"
)

// validCalls demands at least one call, and that each names a tool that was
// offered and has arguments by its schema.
func validCalls(a Assertion, out Output) (Verdict, error) {
	if len(a.Tools) == 0 {
		return Verdict{}, errors.New("the model was offered no tools")
	}
	if len(out.ToolCalls) == 0 {
		return verdict(false, "the model called no tool, and said %s", brief(out.Text))
	}
	for _, call := range out.ToolCalls {
		if says, err := wrong(call, a.Tools); says != "" || err != nil {
			return Verdict{Reason: says}, err
		}
	}
	return verdict(true, "")
}

// wrong says what is wrong with a call.
func wrong(call ToolCall, tools []Tool) (string, error) {
	for _, tool := range tools {
		if tool.Name != call.Name {
			continue
		}
		var arguments any
		if err := json.Unmarshal([]byte(call.Arguments), &arguments); err != nil {
			return fmt.Sprintf("the arguments of %s are no JSON: %s", call.Name, brief(call.Arguments)), nil //nolint:nilerr // it is what is told
		}
		if _, ok := arguments.(map[string]any); !ok {
			return fmt.Sprintf("the arguments of %s are no object: %s", call.Name, brief(call.Arguments)), nil
		}
		if tool.Parameters == nil {
			return "", nil
		}
		schema, err := spec.CompileSchema(tool.Parameters)
		if err != nil {
			return "", fmt.Errorf("the parameters of the tool %s: %w", tool.Name, err)
		}
		if err := schema.Validate(arguments); err != nil {
			return fmt.Sprintf("the arguments of %s are not as its schema says: %s", call.Name, complaint(err)), nil
		}
		return "", nil
	}
	return fmt.Sprintf("the model called %s, which it was not offered", brief(call.Name)), nil
}

// callsF1 compares the names of the tools that were called with those that should
// have been, in any order.
func callsF1(a Assertion, out Output) (Verdict, error) {
	names, err := textsOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	want, got := map[string]int{}, map[string]int{}
	for _, name := range names {
		want[name]++
	}
	for _, call := range out.ToolCalls {
		got[call.Name]++
	}
	score := 0.0
	if n := shared(want, got); n > 0 {
		score = 2 * float64(n) / float64(size(want)+size(got))
	}
	return graded(score, a.Threshold, 1, "F1 of the tool calls")
}
