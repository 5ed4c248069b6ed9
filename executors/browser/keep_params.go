package browser

import (
	"reflect"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// playwrightParams are what a plan says of a step, by its own words.
func playwrightParams(s spec.BrowserStep) map[string]any {
	out, _ := worded(reflect.ValueOf(s)).(map[string]any)
	delete(out, "name")
	if len(out) != 1 {
		return out
	}
	for _, inner := range out { // the action itself is told already
		if fields, ok := inner.(map[string]any); ok {
			return fields
		}
	}
	return out
}

// worded is a part of a plan as its YAML has it, without what is not said.
func worded(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return worded(v.Elem())
	case reflect.Slice, reflect.Array:
		out := []any{}
		for i := range v.Len() {
			out = append(out, worded(v.Index(i)))
		}
		return out
	case reflect.Map:
		out := map[string]any{}
		for _, key := range v.MapKeys() {
			out[key.String()] = worded(v.MapIndex(key))
		}
		return out
	case reflect.Struct:
		return wordedStruct(v)
	case reflect.Int64:
		if d, ok := v.Interface().(spec.Duration); ok {
			return time.Duration(d).String()
		}
	}
	if v.CanInterface() {
		return plainKind(v)
	}
	return nil
}

func wordedStruct(v reflect.Value) any {
	if value, ok := v.Interface().(spec.Value); ok {
		return worded(reflect.ValueOf(&value.V))
	}
	out := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		word, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if !field.IsExported() || v.Field(i).IsZero() || word == "-" {
			continue
		}
		inner := worded(v.Field(i))
		if fields, ok := inner.(map[string]any); ok && (options == "inline" || word == "") {
			for key, value := range fields {
				out[key] = value
			}
			continue
		}
		if word != "" {
			out[word] = inner
		}
	}
	return out
}

// plainKind is a value without the type that a plan gives it.
func plainKind(v reflect.Value) any {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	}
	if v.CanInt() {
		return v.Int()
	}
	return nil
}
