package driver_test

import (
	"strings"
	"testing"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// TestWords: "firefox cannot …" has an end for each capability, and no two have
// the same.
func TestWords(t *testing.T) {
	t.Parallel()
	seen := map[string]driver.Capability{}
	all := driver.Capabilities()
	for i, c := range all {
		if int(c) != i+1 {
			t.Errorf("the capability %d has no words", i+1)
		}
		if other, ok := seen[c.String()]; ok {
			t.Errorf("%d and %d are both %q", c, other, c)
		}
		seen[c.String()] = c
		if strings.TrimSpace(c.String()) == "" || strings.HasPrefix(c.String(), "capability") {
			t.Errorf("%d is %q", c, c)
		}
	}
	if last := driver.TraceItself; all[len(all)-1] != last {
		t.Errorf("the last one with words is %q, want %q", all[len(all)-1], last)
	}
}

func TestLacking(t *testing.T) {
	t.Parallel()
	s := driver.SetOf(driver.ReadConsole, driver.EmulateTouch)
	if c, lacks := s.Lacking(driver.ReadConsole, driver.ThrottleCPU, driver.SetCookies); !lacks || c != driver.ThrottleCPU {
		t.Errorf("lacking %v %q", lacks, c)
	}
	if c, lacks := s.Lacking(driver.EmulateTouch); lacks {
		t.Errorf("lacks %q", c)
	}
}
