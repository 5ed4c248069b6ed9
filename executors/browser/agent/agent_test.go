package agent_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// declared is a name of the script's outermost level: nothing stands before it.
// Constants may follow on the line of another one.
var (
	declared = regexp.MustCompile(`(?m)^(?:const|let|var|class|(?:async )?function\*?) (\w+)`)
	lists    = regexp.MustCompile(`(?m)^const [A-Z_]+ = .*$`)
	listed   = regexp.MustCompile(`, ([A-Z_]+) = `)
)

// TestNamesOfPartsDiffer reads the files that share one scope. A name that two of
// them declare is a mistake that keeps the whole script from being made.
func TestNamesOfPartsDiffer(t *testing.T) {
	t.Parallel()
	parts, err := filepath.Glob("*.js")
	if err != nil || len(parts) < 10 {
		t.Fatalf("the parts are %v: %v", parts, err)
	}
	where := map[string]string{}
	for _, part := range parts {
		text, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		names := declared.FindAllStringSubmatch(string(text), -1)
		for _, list := range lists.FindAllString(string(text), -1) {
			names = append(names, listed.FindAllStringSubmatch(list, -1)...)
		}
		for _, found := range names {
			if before := where[found[1]]; before != "" && part != "clock.js" && before != "clock.js" { // the clock is a script of its own
				t.Errorf("%s declares %s, which %s does too", part, found[1], before)
			}
			where[found[1]] = part
		}
	}
	if len(where) < 100 {
		t.Errorf("only %d names were found", len(where))
	}
}
