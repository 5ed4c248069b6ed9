package webhooks_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/app/apptest"
)

var update = flag.Bool("update", false, "write testdata/*.golden anew")

const document = "../../docs/webhooks.md"

// TestExamplesAreReal takes the messages of real runs as the examples of the
// documentation, with ids and times that do not change.
func TestExamplesAreReal(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	s := newServer(t, apptest.Options{PublicURL: "https://semantest.example"})
	id, secret := s.hook(t, r.URL)
	s.Follow(t, s.Run(t, plan("ok", "ok", "ok")))
	passed := r.take(t, secret, 5)
	s.Follow(t, s.Run(t, plan("ok", "fake.fail")))
	failed := r.take(t, secret, 4)
	s.test(t, id)
	ping := r.next(t, secret)

	doc, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []request{passed[0], passed[2], passed[3], passed[4], failed[2], ping} {
		name := got.event.Type
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			example := steady(t, got.body)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(example), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), example); diff != "" {
				t.Errorf("(-golden +got)\n%s", diff)
			}
			if !strings.Contains(string(doc), "```json\n"+string(want)+"```") {
				t.Errorf("%s does not show testdata/%s.golden", document, name)
			}
		})
	}
}

var (
	ids   = regexp.MustCompile(`\b(prj|run|res|pln|pv|whk|evt|asm)_[0-9a-z]{26}`)
	times = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	seqs  = regexp.MustCompile(`("id": "run_[0-9a-z]+-|"sequence": "0{9})\d"`)
	spans = regexp.MustCompile(`"durationMs": \d+`)
)

// steady replaces what differs from run to run.
func steady(t *testing.T, body []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	text := ids.ReplaceAllStringFunc(out.String(), func(id string) string {
		if _, ok := seen[id]; !ok {
			prefix, _, _ := strings.Cut(id, "_")
			seen[id] = fmt.Sprintf("%s_01kb2x9v3tee0ss6h5ag2mzq%02d", prefix, len(seen)+10)
		}
		return seen[id]
	})
	text = times.ReplaceAllString(text, "2026-01-05T09:30:00.125Z")
	text = seqs.ReplaceAllString(text, `${1}7"`)
	return spans.ReplaceAllString(text, `"durationMs": 840`) + "\n"
}
