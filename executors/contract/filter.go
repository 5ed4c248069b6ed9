package contract

import (
	"path"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// chosen are the operations that a case is about.
func chosen(doc *document, k spec.ContractCase) []*operation {
	described := func(filters []spec.OperationFilter, op *operation) bool {
		return slices.ContainsFunc(filters, func(f spec.OperationFilter) bool {
			return (f.OperationID == "" || f.OperationID == op.id) && (f.Path == "" || fits(f.Path, op.path)) &&
				(f.Method == "" || f.Method == op.method) && (f.Tag == "" || slices.Contains(op.tags, f.Tag))
		})
	}
	var out []*operation
	for _, op := range doc.operations {
		if op.field != nil && op.field.Mutates() && !k.Mutations {
			continue
		}
		if (len(k.Include) == 0 || described(k.Include, op)) && !described(k.Exclude, op) {
			out = append(out, op)
		}
	}
	return out
}

// fits reports whether a path fits a pattern in which * stands for any text.
func fits(pattern, p string) bool {
	if !strings.Contains(pattern, "*") {
		return path.Clean("/"+pattern) == path.Clean("/"+p)
	}
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(p, parts[0]) {
		return false
	}
	rest := p[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		j := strings.Index(rest, part)
		if j < 0 {
			return false
		}
		rest = rest[j+len(part):]
	}
	return true
}
