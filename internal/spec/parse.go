package spec

import (
	"bytes"
	"reflect"
)

// Parse reads a plan in YAML 1.2 or JSON and checks all of it. Its error is
// *Mistakes and lists everything that is wrong, with positions. The source is
// untrusted: time and memory are bounded, by MaxSourceBytes first of all.
func Parse(source []byte) (*Plan, error) {
	root, err := readSource(source)
	if err != nil {
		return nil, err
	}
	d := newDecoder()
	plan := &Plan{}
	d.value(&place{index: -1, at: root, node: root}, reflect.ValueOf(plan).Elem(), nil, "", 0)
	if !d.stopped {
		v := &validator{decoder: d, plan: plan, source: bytes.TrimPrefix(source, []byte("\uFEFF"))}
		v.validate()
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	plan.spell()
	return plan, nil
}
