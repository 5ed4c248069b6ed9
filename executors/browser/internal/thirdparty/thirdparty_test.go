package thirdparty_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
)

// TestScripts: the scripts are those that their projects have published, with
// their notices and licences.
func TestScripts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, script, sum, version string
		notice                     string // in the script, where it has one
		licence, title             string
	}{
		{"axe-core", thirdparty.Axe, "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c", "axe v" + thirdparty.AxeVersion, "Copyright (c) 2015 - 2026 Deque Systems, Inc.", "axe-core/LICENSE", "Mozilla Public License, version 2.0"},
		{"web-vitals", thirdparty.WebVitals, "42d0cfd64b5cf19408e19c0393ce59eef6cc09317e94faaca6d3a032d4112e48", "", "var webVitals=", "web-vitals/LICENSE", "Apache License"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sum := sha256.Sum256([]byte(tt.script))
			if got := hex.EncodeToString(sum[:]); got != tt.sum {
				t.Errorf("the script's SHA-256 is %s, want %s", got, tt.sum)
			}
			if head := tt.script[:min(len(tt.script), 1000)]; !strings.Contains(head, tt.version) || !strings.Contains(head, tt.notice) {
				t.Errorf("the script begins with %s", head)
			}
			licence, err := os.ReadFile(tt.licence)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(licence), tt.title) {
				t.Errorf("%s is not the %s", tt.licence, tt.title)
			}
		})
	}
}
