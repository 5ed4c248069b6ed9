package spec

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

const fileScheme = "file://"

// FilePath returns the path that a file:// reference names, relative to the
// folder of the plan and fit for fs.FS. The error says what is wrong with it.
func FilePath(ref string) (string, error) {
	path, ok := strings.CutPrefix(ref, fileScheme)
	path = strings.TrimPrefix(path, "./")
	switch {
	case !ok:
		return "", fmt.Errorf("the reference %s does not begin with file://", brief(ref))
	case path == "" || path == ".":
		return "", fmt.Errorf("the reference %s names no file", brief(ref))
	case strings.HasPrefix(path, "/"):
		return "", fmt.Errorf("the reference %s is absolute; files lie beside the plan: file://name.json", brief(ref))
	case strings.ContainsAny(path, "\\\x00?#") || strings.Contains(path, ":"):
		return "", fmt.Errorf("the reference %s may hold no backslash, colon, question mark or number sign; folders are divided by /", brief(ref))
	case slices.Contains(strings.Split(path, "/"), ".."):
		return "", fmt.Errorf("the reference %s leaves the folder of the plan; files lie beside it or below", brief(ref))
	case len(path) > 500 || !fs.ValidPath(path):
		return "", fmt.Errorf("the reference %s is not a path such as file://folder/name.json", brief(ref))
	}
	return path, nil
}

// Files lists the paths of all files that the plan refers to by file://,
// sorted, each once, relative to the plan's folder.
func (p *Plan) Files() []string {
	var paths []string
	add := func(ref string) {
		if path, err := FilePath(ref); err == nil && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, ref := range p.Use.TLS.files() {
		add(ref)
	}
	add(p.Use.Acts)
	if p.Judge != nil {
		for _, ref := range p.Judge.Rubrics {
			add(ref)
		}
	}
	for _, c := range p.Cases {
		add(c.Contract.Schema)
		add(c.Contract.Against)
		add(c.Contract.BaselineFile)
		add(c.Load.BaselineFile)
		add(c.Load.K6)
		walkSteps(slices.Concat(c.APISteps, c.Load.Setup, c.Load.Steps, c.Load.Teardown), func(s *APIStep) {
			for _, ref := range s.files() {
				add(ref)
			}
		})
		add(p.Use.StorageState)
		add(c.Setup.StorageState)
		for i := range c.BrowserSteps {
			for _, ref := range c.BrowserSteps[i].files() {
				add(ref)
			}
		}
	}
	slices.Sort(paths)
	return paths
}

// Snapshots lists the files that bodies are compared with, as Files does.
func (p *Plan) Snapshots() []string {
	var paths []string
	for _, c := range p.Cases {
		walkSteps(c.APISteps, func(s *APIStep) {
			for _, check := range s.allChecks() {
				if check.Snapshot == nil {
					continue
				}
				if path, err := FilePath(check.Snapshot.File); err == nil {
					paths = append(paths, path)
				}
			}
		})
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// files lists the references of one step.
func (s *BrowserStep) files() []string {
	switch {
	case s.Measure != nil:
		var refs []string
		for _, inner := range s.Measure.Acts() {
			refs = append(refs, inner.files()...)
		}
		return refs
	case s.Upload != nil:
		return s.Upload.Files
	case s.Storage != nil:
		return []string{s.Storage.Load}
	case s.Route != nil:
		return []string{s.Route.File}
	}
	return nil
}

// files lists the references of one step.
func (s *APIStep) files() []string {
	var refs []string
	if s.HTTP != nil {
		refs = append(refs, s.HTTP.File)
		for _, part := range s.HTTP.Multipart {
			refs = append(refs, part.File)
		}
	}
	if s.For != nil {
		refs = append(refs, s.For.File)
	}
	if s.GraphQL != nil {
		refs = append(refs, s.GraphQL.File)
	}
	if s.GRPC != nil {
		refs = append(refs, s.GRPC.Descriptors)
	}
	for _, check := range s.allChecks() {
		if check.Schema != nil {
			refs = append(refs, check.Schema.File)
		}
		if check.Snapshot != nil {
			refs = append(refs, check.Snapshot.File)
		}
	}
	return refs
}

// allChecks are the checks of a step and of the messages that it expects.
func (s *APIStep) allChecks() []Check {
	checks := s.Checks
	_, _, acts := s.script()
	for i := range acts {
		for _, e := range acts[i].expectations() {
			checks = append(checks[:len(checks):len(checks)], e.Checks...)
		}
		if q := acts[i].ExpectNone; q != nil {
			checks = append(checks[:len(checks):len(checks)], q.Checks...)
		}
	}
	return checks
}
