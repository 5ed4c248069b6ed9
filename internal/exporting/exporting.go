package exporting

import (
	"embed"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"slices"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/semantest/semantest/internal/spec"
)

// Format is what a plan is exported to.
type Format string

// The formats.
const (
	Playwright Format = "playwright" // TypeScript, for api and browser cases
	K6         Format = "k6"         // JavaScript, for load and api cases
	Go         Format = "go"         // tests for go test, for api cases
)

// Formats lists the formats.
func Formats() []Format { return []Format{Playwright, K6, Go} }

// What is wrong with a request for an export.
var (
	ErrNoCase   = errors.New("the plan has no such case")
	ErrTooLarge = errors.New("the export has more than 8 MiB; export fewer cases at once")
)

// maxExported bounds what one export may hold, in bytes: a matrix makes much of a
// short text.
const maxExported = 8 << 20

// File is one file of an export.
type File struct{ Path, Content string }

// Result is an export and what it lacks.
type Result struct {
	Files []File
	Cases []string // ids of the cases that are in it
	Left  []string // what was left out, one sentence each
}

// Export writes the cases of a plan, or those with the ids. An error is
// ErrNoCase, ErrTooLarge, or a fault of this package.
func Export(plan *spec.Plan, format Format, ids ...string) (*Result, error) {
	for _, id := range ids {
		if !slices.ContainsFunc(plan.Cases, func(c spec.Case) bool { return c.ID == id }) {
			return nil, fmt.Errorf("%w: %.100s", ErrNoCase, id)
		}
	}
	e := &export{plan: plan, out: &Result{}, matrix: map[string]map[string]string{}}
	e.shared()
	var cases []spec.Case
	for _, c := range plan.Expand() {
		if len(ids) > 0 && !slices.Contains(ids, c.ID) {
			continue
		}
		if why := e.combination(c); why != "" {
			e.left("case %s: %s", c.Key, why)
			continue
		}
		c.ID = c.Key
		cases = append(cases, c.Case)
	}
	var err error
	switch format {
	case Go:
		err = e.golang(cases)
	case Playwright:
		err = e.playwright(cases)
	case K6:
		err = e.k6(cases)
	default:
		return nil, fmt.Errorf("%q is no format: use playwright, k6 or go", format)
	}
	if err != nil {
		return nil, err
	}
	return e.out, e.out.check()
}

// runtimes are the helpers that exports bring with them.
//
//go:embed runtime
var runtimes embed.FS

func runtime(name string) (string, error) {
	text, err := runtimes.ReadFile("runtime/" + name)
	if err != nil {
		return "", fmt.Errorf("read the helpers of exports: %w", err)
	}
	return string(text), nil
}

// check reads what was written by its own language.
func (r *Result) check() error {
	for _, f := range r.Files {
		if err := f.check(); err != nil {
			return fmt.Errorf("the export %s cannot be read: %w", f.Path, err)
		}
	}
	return nil
}

func (f File) check() error {
	loader := api.LoaderJS
	switch path.Ext(f.Path) {
	case ".mod":
		return nil // it is a constant
	case ".go":
		_, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Content, parser.AllErrors)
		return err
	case ".ts":
		loader = api.LoaderTS
	}
	if errs := api.Transform(f.Content, api.TransformOptions{Loader: loader, Sourcefile: f.Path}).Errors; len(errs) > 0 {
		return fmt.Errorf("%s", errs[0].Text)
	}
	return nil
}
