package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`(Test\\w+)`")
	faultTest   = regexp.MustCompile(`^TestFault[A-Z]`)
	definedTest = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// The table of faults names tests that exist, and all that break something.
func TestFaultTableNamesItsTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var named, defined []string
	for _, m := range namedTest.FindAllStringSubmatch(string(text), -1) {
		named = append(named, m[1])
	}
	for _, root := range []string{".", "../internal", "../jobs", "../executors", "../graph"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range definedTest.FindAllStringSubmatch(string(source), -1) {
				defined = append(defined, m[1])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range named {
		if !slices.Contains(defined, name) {
			t.Errorf("docs/faults.md names %s, which does not exist", name)
		}
	}
	for _, name := range defined {
		if faultTest.MatchString(name) && name != t.Name() && !slices.Contains(named, name) {
			t.Errorf("docs/faults.md does not name %s", name)
		}
	}
}
