package agent_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// declared is a name of the script's outermost level: nothing stands before it.
var declared = regexp.MustCompile(`(?m)^(?:const|let|var|class|(?:async )?function\*?) (\w+)`)

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
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
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
