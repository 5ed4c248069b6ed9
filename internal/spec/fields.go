package spec

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// field is one key of the plan language, read from the tags of a struct field.
type field struct {
	name      string
	index     []int // for reflect.Value.FieldByIndex
	typ       reflect.Type
	doc       string
	def       string
	example   string
	required  bool
	short     bool
	action    bool
	kind      Kind
	enum      []string
	pattern   string
	keys      string
	matcher   string
	one, most string // groups
	min, max  *float64
	word      *wordFor // that may stand for a number
	each      *[2]int
	from      reflect.Type // the struct that declares it
}

// wordFor is a word that people may write for a number.
type wordFor struct {
	word  string
	value float64
}

// layout is what the decoder, the schema and the documents know of a struct.
type layout struct {
	typ     reflect.Type
	fields  []*field // in the order of the source, inlined ones in their place
	inline  [][]int  // the inlined structs
	short   *field
	shortOf reflect.Type // the inlined struct whose short form holds for this one, too
	groups  []group
	kinds   bool // some fields belong to one kind only
}

// group is a set of fields of which one is set. Exact says that none is a
// mistake too.
type group struct {
	name   string
	fields []*field
	exact  bool
}

var layouts sync.Map // reflect.Type → *layout

// layoutOf reads the tags of a struct type. A wrong tag is a fault of this
// program and panics; a test reads them all.
func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{typ: t}
	l.collect(t, nil, inlined{})
	for _, f := range l.fields {
		l.kinds = l.kinds || f.kind != ""
		if f.short && (f.from == t || f.from == l.shortOf) {
			l.short = f
		}
		switch {
		case f.action:
			l.join("action", f, true)
		case f.one != "":
			l.join(f.one, f, true)
		case f.most != "":
			l.join(f.most, f, false)
		}
	}
	layouts.Store(t, l)
	return l
}

func (l *layout) join(name string, f *field, exact bool) {
	for i := range l.groups {
		if l.groups[i].name == name {
			l.groups[i].fields = append(l.groups[i].fields, f)
			return
		}
	}
	l.groups = append(l.groups, group{name: name, fields: []*field{f}, exact: exact})
}

// inlined is what the tags of an inlined struct say of its fields.
type inlined struct {
	optional bool
	kind     Kind
}

func (l *layout) collect(t reflect.Type, at []int, in inlined) {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(at), i)
		name, flags, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		if flags == "inline" {
			l.inline = append(l.inline, index)
			if sf.Tag.Get("short") == "true" && len(at) == 0 {
				l.shortOf = sf.Type
			}
			l.collect(sf.Type, index, inlined{
				optional: in.optional || sf.Tag.Get("optional") == "true", kind: cmp.Or(Kind(sf.Tag.Get("kind")), in.kind),
			})
			continue
		}
		if name == "" {
			continue
		}
		f := &field{
			name: name, index: index, typ: sf.Type, from: t,
			doc: sf.Tag.Get("doc"), def: sf.Tag.Get("default"), example: sf.Tag.Get("example"),
			required: sf.Tag.Get("required") == "true", short: sf.Tag.Get("short") == "true",
			action: sf.Tag.Get("action") == "true", kind: cmp.Or(Kind(sf.Tag.Get("kind")), in.kind),
			pattern: sf.Tag.Get("pattern"), keys: sf.Tag.Get("keys"), matcher: sf.Tag.Get("matcher"),
			one: sf.Tag.Get("one"), most: sf.Tag.Get("most"),
			min: limitTag(sf, "min"), max: limitTag(sf, "max"), each: rangeTag(sf), word: wordTag(sf),
		}
		if in.optional && f.one != "" {
			f.one, f.most = "", f.one
		}
		if e := sf.Tag.Get("enum"); e != "" {
			f.enum = strings.Split(e, ",")
		}
		if f.typ == reflect.TypeFor[Kind]() {
			f.enum = names(planKinds())
		}
		l.fields = append(l.fields, f)
	}
}

// find returns the field of a key for cases of a kind; other says to which
// kind the key belongs where it is one of another.
func (l *layout) find(key string, kind Kind) (f *field, other Kind) {
	for _, f := range l.fields {
		if f.name != key {
			continue
		}
		if l.has(f, kind) {
			return f, ""
		}
		other = cmp.Or(other, f.kind)
	}
	return nil, other
}

// has reports whether a field is one of cases of a kind. A short form has the
// keys of what it stands for, unless it has one of that name itself.
func (l *layout) has(f *field, kind Kind) bool {
	if f.kind == "" || f.kind == kind {
		return true
	}
	if f.kind != kind.base() {
		return false
	}
	return !slices.ContainsFunc(l.fields, func(own *field) bool { return own.name == f.name && own.kind == kind })
}

// keys lists the keys that may be written for a kind.
func (l *layout) keys(kind Kind) []string {
	var keys []string
	for _, f := range l.fields {
		if l.has(f, kind) {
			keys = append(keys, f.name)
		}
	}
	return keys
}

func limitTag(sf reflect.StructField, tag string) *float64 {
	text, ok := sf.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	if sf.Type == reflect.TypeFor[Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			panic(fmt.Sprintf("spec: tag %s of %s: %v", tag, sf.Name, err))
		}
		limit := float64(d)
		return &limit
	}
	limit, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("spec: tag %s of %s: %v", tag, sf.Name, err))
	}
	return &limit
}

func rangeTag(sf reflect.StructField) *[2]int {
	text, ok := sf.Tag.Lookup("each")
	if !ok {
		return nil
	}
	var r [2]int
	if _, err := fmt.Sscanf(text, "%d-%d", &r[0], &r[1]); err != nil {
		panic(fmt.Sprintf("spec: tag each of %s: %v", sf.Name, err))
	}
	return &r
}

func wordTag(sf reflect.StructField) *wordFor {
	text, ok := sf.Tag.Lookup("word")
	if !ok {
		return nil
	}
	word, number, _ := strings.Cut(text, "=")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		panic(fmt.Sprintf("spec: tag word of %s: %v", sf.Name, err))
	}
	return &wordFor{word, v}
}
