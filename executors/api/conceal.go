package api

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// concealCaptured hides what a step captures as a secret, before anything of the
// answer is shown. Where it cannot be hidden, the answer is not shown at all.
func (a *attempt) concealCaptured(captures map[string]spec.Capture, in *response) error {
	err := a.addCaptured(captures, in)
	if err != nil {
		in.forget()
	}
	return err
}

func (a *attempt) addCaptured(captures map[string]spec.Capture, in *response) error {
	for _, name := range sorted(captures) {
		c := captures[name]
		if !c.Secret {
			continue
		}
		value, err := take(c, in)
		if err != nil {
			continue // capture tells
		}
		for _, text := range leaves(value, nil) {
			if err := a.task.Scope.AddSecret(text); err != nil {
				return executors.Failf("what is captured as %s cannot be kept secret: %s", name, err)
			}
		}
	}
	return nil
}

// leaves lists the texts and numbers that a value holds.
func leaves(v any, list []string) []string {
	switch v := v.(type) {
	case string:
		return append(list, v)
	case int64:
		return append(list, strconv.FormatInt(v, 10))
	case float64, json.Number:
		return append(list, fmt.Sprint(v))
	case []any:
		for _, e := range v {
			list = leaves(e, list)
		}
	case map[string]any:
		for _, name := range sorted(v) {
			list = leaves(v[name], list)
		}
	}
	return list
}

// forget drops what was answered.
func (r *response) forget() {
	r.header, r.body, r.cookies, r.hops = nil, nil, nil, nil
	r.decoded, r.json, r.tree = false, nil, nil
}
