package graphql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Change is a difference between two schemas, by the names that users of
// graphql-inspector know.
type Change struct {
	ID       string // FIELD_REMOVED
	Path     string // Query.products.limit
	Text     string
	Breaking bool // otherwise it is dangerous: it may break some callers
}

// Compare lists the changes from one schema to another that break callers or may
// break some of them.
func Compare(before, after *Schema) []Change {
	c := &comparison{before: before.ast, after: after.ast}
	for _, root := range []struct {
		id       string
		old, now *ast.Definition
	}{{"SCHEMA_QUERY_TYPE_CHANGED", before.ast.Query, after.ast.Query}, {"SCHEMA_MUTATION_TYPE_CHANGED", before.ast.Mutation, after.ast.Mutation},
		{"SCHEMA_SUBSCRIPTION_TYPE_CHANGED", before.ast.Subscription, after.ast.Subscription}} {
		if root.old != nil && (root.now == nil || root.now.Name != root.old.Name) {
			c.breaks(root.id, "schema", "the type %s is no longer a root", root.old.Name)
		}
	}
	for _, name := range sorted(before.ast.Types) {
		old := before.ast.Types[name]
		if old.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		now := after.ast.Types[name]
		switch {
		case now == nil:
			c.breaks("TYPE_REMOVED", name, "the type is gone")
		case now.Kind != old.Kind:
			c.breaks("TYPE_KIND_CHANGED", name, "it was %s and is %s", old.Kind, now.Kind)
		default:
			c.definition(old, now)
		}
	}
	c.directives()
	slices.SortStableFunc(c.found, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID)) })
	return c.found
}

type comparison struct {
	before, after *ast.Schema
	found         []Change
}

func (c *comparison) breaks(id, path, format string, args ...any) {
	c.found = append(c.found, Change{id, path, fmt.Sprintf(format, args...), true})
}

func (c *comparison) endangers(id, path, format string, args ...any) {
	c.found = append(c.found, Change{id, path, fmt.Sprintf(format, args...), false})
}

func (c *comparison) definition(old, now *ast.Definition) {
	switch old.Kind {
	case ast.Enum:
		for _, v := range old.EnumValues {
			if now.EnumValues.ForName(v.Name) == nil {
				c.breaks("ENUM_VALUE_REMOVED", old.Name+"."+v.Name, "the value is gone")
			}
		}
		for _, v := range now.EnumValues {
			if old.EnumValues.ForName(v.Name) == nil {
				c.endangers("ENUM_VALUE_ADDED", old.Name+"."+v.Name, "callers may not know the new value")
			}
		}
	case ast.Union:
		for _, member := range old.Types {
			if !slices.Contains(now.Types, member) {
				c.breaks("UNION_MEMBER_REMOVED", old.Name+"."+member, "the type is no longer a member")
			}
		}
		for _, member := range now.Types {
			if !slices.Contains(old.Types, member) {
				c.endangers("UNION_MEMBER_ADDED", old.Name+"."+member, "callers may not know the new member")
			}
		}
	case ast.InputObject:
		c.inputFields(old, now)
	case ast.Object, ast.Interface:
		c.interfaces(old, now)
		for _, f := range old.Fields {
			path := old.Name + "." + f.Name
			other := now.Fields.ForName(f.Name)
			if other == nil {
				c.breaks("FIELD_REMOVED", path, "the field is gone%s", deprecated(f.Directives))
				continue
			}
			if !c.narrows(f.Type, other.Type) {
				c.breaks("FIELD_TYPE_CHANGED", path, "its type was %s and is %s", f.Type, other.Type)
			}
			c.arguments(path, f.Arguments, other.Arguments)
		}
	}
}

func deprecated(list ast.DirectiveList) string {
	if list.ForName("deprecated") != nil {
		return " (it was deprecated)"
	}
	return ""
}

func (c *comparison) interfaces(old, now *ast.Definition) {
	for _, name := range old.Interfaces {
		if !slices.Contains(now.Interfaces, name) {
			c.breaks("OBJECT_TYPE_INTERFACE_REMOVED", old.Name, "it no longer implements %s", name)
		}
	}
	for _, name := range now.Interfaces {
		if !slices.Contains(old.Interfaces, name) {
			c.endangers("OBJECT_TYPE_INTERFACE_ADDED", old.Name, "it implements %s now, whose callers may not know it", name)
		}
	}
}

func (c *comparison) arguments(path string, old, now ast.ArgumentDefinitionList) {
	for _, a := range old {
		other := now.ForName(a.Name)
		if other == nil {
			c.breaks("FIELD_ARGUMENT_REMOVED", path+"."+a.Name, "the argument is gone")
			continue
		}
		switch {
		case !widens(a.Type, other.Type):
			c.breaks("FIELD_ARGUMENT_TYPE_CHANGED", path+"."+a.Name, "its type was %s and is %s", a.Type, other.Type)
		case required(other.Type, other.DefaultValue) && !required(a.Type, a.DefaultValue):
			c.breaks("FIELD_ARGUMENT_DEFAULT_CHANGED", path+"."+a.Name, "it lost its default and must be given now")
		case written(a.DefaultValue) != written(other.DefaultValue):
			c.endangers("FIELD_ARGUMENT_DEFAULT_CHANGED", path+"."+a.Name, "its default was %s and is %s", written(a.DefaultValue), written(other.DefaultValue))
		}
	}
	for _, a := range now {
		switch {
		case old.ForName(a.Name) != nil:
		case required(a.Type, a.DefaultValue):
			c.breaks("FIELD_ARGUMENT_ADDED", path+"."+a.Name, "the new argument must be given")
		default:
			c.endangers("FIELD_ARGUMENT_ADDED", path+"."+a.Name, "the argument is new")
		}
	}
}

func (c *comparison) inputFields(old, now *ast.Definition) {
	for _, f := range old.Fields {
		path := old.Name + "." + f.Name
		other := now.Fields.ForName(f.Name)
		if other == nil {
			c.breaks("INPUT_FIELD_REMOVED", path, "the field is gone")
			continue
		}
		switch {
		case !widens(f.Type, other.Type):
			c.breaks("INPUT_FIELD_TYPE_CHANGED", path, "its type was %s and is %s", f.Type, other.Type)
		case required(other.Type, other.DefaultValue) && !required(f.Type, f.DefaultValue):
			c.breaks("INPUT_FIELD_DEFAULT_VALUE_CHANGED", path, "it lost its default and must be given now")
		case written(f.DefaultValue) != written(other.DefaultValue):
			c.endangers("INPUT_FIELD_DEFAULT_VALUE_CHANGED", path, "its default was %s and is %s", written(f.DefaultValue), written(other.DefaultValue))
		}
	}
	for _, f := range now.Fields {
		switch {
		case old.Fields.ForName(f.Name) != nil:
		case required(f.Type, f.DefaultValue):
			c.breaks("INPUT_FIELD_ADDED", old.Name+"."+f.Name, "the new field must be given")
		default:
			c.endangers("INPUT_FIELD_ADDED", old.Name+"."+f.Name, "the field is new")
		}
	}
}

func (c *comparison) directives() {
	for _, name := range sorted(c.before.Directives) {
		old, now := c.before.Directives[name], c.after.Directives[name]
		if now == nil {
			c.breaks("DIRECTIVE_REMOVED", "@"+name, "the directive is gone")
			continue
		}
		for _, l := range old.Locations {
			if !slices.Contains(now.Locations, l) {
				c.breaks("DIRECTIVE_LOCATION_REMOVED", "@"+name, "it may no longer stand at %s", l)
			}
		}
		for _, a := range old.Arguments {
			if now.Arguments.ForName(a.Name) == nil {
				c.breaks("DIRECTIVE_ARGUMENT_REMOVED", "@"+name+"."+a.Name, "the argument is gone")
			}
		}
	}
}

// narrows reports whether callers who read the old type can read the new one:
// it may promise more, and name a type that is one of the old.
func (c *comparison) narrows(old, now *ast.Type) bool {
	switch {
	case old.NonNull && !now.NonNull, (old.Elem == nil) != (now.Elem == nil):
		return false
	case old.Elem != nil:
		return c.narrows(old.Elem, now.Elem)
	case old.NamedType == now.NamedType:
		return true
	}
	def, other := c.after.Types[old.NamedType], c.after.Types[now.NamedType]
	return def != nil && other != nil && def.IsAbstractType() && slices.Contains(c.after.GetPossibleTypes(def), other)
}

// widens reports whether what callers gave the old type can be given to the new
// one: it may ask for less.
func widens(old, now *ast.Type) bool {
	switch {
	case !old.NonNull && now.NonNull:
		return false
	case old.Elem == nil && now.Elem != nil:
		return false
	case old.Elem != nil && now.Elem == nil:
		return false
	case old.Elem != nil:
		return widens(old.Elem, now.Elem)
	}
	return old.NamedType == now.NamedType
}

func written(v *ast.Value) string {
	if v == nil {
		return "none"
	}
	return v.String()
}
