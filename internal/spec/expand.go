package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Expand returns a deep copy of a step (or any part of one) in which every
// string, every key of a mapping and every Value is expanded, however deep. A
// Value that is one reference and nothing else takes the variable's value with
// its type. The result holds at most 16 MiB of expanded text.
func Expand[T any](s *Scope, v T) (T, error) {
	e := expander{scope: s, left: maxExpanded}
	out, err := e.copy(reflect.ValueOf(&v).Elem())
	if err != nil {
		var zero T
		return zero, err
	}
	return out.Interface().(T), nil
}

// expander carries how many bytes may still be produced.
type expander struct {
	scope *Scope
	left  int
}

var errTooLarge = errors.New("the text is larger than 16 MiB once its variables are filled in")

func (e *expander) spend(n int) error {
	if e.left -= n; e.left < 0 {
		return errTooLarge
	}
	return nil
}

// text expands a string.
func (e *expander) text(text string) (string, error) {
	if !strings.Contains(text, refOpen) {
		return text, e.spend(len(text))
	}
	var b strings.Builder
	for rest := text; ; {
		ref, ok, err := nextReference(rest)
		if err != nil {
			return "", err
		}
		if !ok {
			b.WriteString(rest)
			return b.String(), e.spend(len(rest))
		}
		value, ok := e.scope.Get(ref.name)
		if !ok {
			return "", noValue(ref.name)
		}
		inserted, err := e.insert(value)
		if err != nil {
			return "", fmt.Errorf("variable %s: %w", ref.name, err)
		}
		if err := e.spend(ref.start + len(inserted)); err != nil {
			return "", err
		}
		b.WriteString(rest[:ref.start])
		b.WriteString(inserted)
		rest = rest[ref.end:]
	}
}

func noValue(name string) error {
	return fmt.Errorf("variable %s has no value: the step that captures it has not run, or nothing was given for it", name)
}

// insert is a variable's value as part of a text.
func (e *expander) insert(value any) (string, error) {
	if value == nil {
		return "", nil
	}
	if text, ok := textOf(value); ok {
		return text, nil
	}
	if sizeOf(value, e.left) > e.left {
		return "", errTooLarge
	}
	data, err := json.Marshal(value)
	return string(data), err
}

// any expands a value of the types that Value names.
func (e *expander) any(v any) (any, error) {
	switch v := v.(type) {
	case string:
		if ref, ok, err := nextReference(v); err == nil && ok && ref.start == 0 && ref.end == len(v) {
			value, ok := e.scope.Get(ref.name)
			if !ok {
				return nil, noValue(ref.name)
			}
			return value, e.spend(sizeOf(value, e.left))
		}
		return e.text(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = e.any(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			key, err := e.key(k, func(key string) bool { _, taken := out[key]; return taken })
			if err != nil {
				return nil, err
			}
			if out[key], err = e.any(v[k]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// key expands a key; two keys that become the same would lose a value.
func (e *expander) key(k string, taken func(string) bool) (string, error) {
	key, err := e.text(k)
	if err == nil && taken(key) {
		err = fmt.Errorf("two keys become %s once their variables are filled in", show(key))
	}
	return key, err
}

// sizeOf counts the bytes of text in a value, and stops beyond limit.
func sizeOf(v any, limit int) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		n := 2
		for _, e := range v {
			if n += sizeOf(e, limit-n); n > limit {
				return n
			}
		}
		return n
	case map[string]any:
		n := 2
		for k, e := range v {
			if n += len(k) + sizeOf(e, limit-n); n > limit {
				return n
			}
		}
		return n
	}
	return 8
}

// copy returns an expanded deep copy of v.
func (e *expander) copy(v reflect.Value) (reflect.Value, error) {
	t := v.Type()
	out := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		text, err := e.text(v.String())
		if err != nil {
			return out, err
		}
		out.SetString(text)
	case reflect.Interface:
		value, err := e.any(v.Interface())
		if err != nil {
			return out, err
		}
		if value != nil {
			out.Set(reflect.ValueOf(value))
		}
	case reflect.Pointer:
		if v.IsNil() {
			return out, nil
		}
		c, err := e.copy(v.Elem())
		if err != nil {
			return out, err
		}
		out.Set(reflect.New(t.Elem()))
		out.Elem().Set(c)
	case reflect.Struct:
		for i := range t.NumField() {
			if v.Field(i).IsZero() {
				continue // most keys of a step are not given
			}
			c, err := e.copy(v.Field(i))
			if err != nil {
				return out, inField(t, i, err)
			}
			out.Field(i).Set(c)
		}
	case reflect.Slice:
		if v.IsNil() {
			return out, nil
		}
		out.Set(reflect.MakeSlice(t, v.Len(), v.Len()))
		for i := range v.Len() {
			c, err := e.copy(v.Index(i))
			if err != nil {
				return out, err
			}
			out.Index(i).Set(c)
		}
	case reflect.Map:
		return e.copyMap(v)
	default:
		out.Set(v)
	}
	return out, nil
}

func (e *expander) copyMap(v reflect.Value) (reflect.Value, error) {
	t := v.Type()
	if v.IsNil() {
		return reflect.Zero(t), nil
	}
	out := reflect.MakeMapWithSize(t, v.Len())
	for _, k := range v.MapKeys() {
		key, err := e.key(k.String(), func(key string) bool {
			return out.MapIndex(reflect.ValueOf(key).Convert(t.Key())).IsValid()
		})
		if err != nil {
			return out, err
		}
		c, err := e.copy(v.MapIndex(k))
		if err != nil {
			return out, fmt.Errorf("%s: %w", show(key), err)
		}
		out.SetMapIndex(reflect.ValueOf(key).Convert(t.Key()), c)
	}
	return out, nil
}

// inField says in which key of the plan an expansion failed.
func inField(t reflect.Type, i int, err error) error {
	name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	if name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}
