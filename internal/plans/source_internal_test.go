package plans

import (
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
)

func TestFilesOfAPlanHaveALimit(t *testing.T) {
	t.Parallel()
	const text = `{version: "1", name: P, cases: [{id: a, kind: contract, schema: "file://a.yaml", against: "file://b.yaml"}]}`
	big := strings.Repeat("x", 3000)
	for _, tt := range []struct{ name, a, b, want string }{
		{"within", big, big, ""},
		{"one is too large", big + big + "x", "", "file a.yaml has 6001 bytes; the files of a plan may have 6000"},
		{"too large together", big, big + "x", "the files have 6001 bytes together"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Source{Text: text, Files: map[string][]byte{"a.yaml": []byte(tt.a), "b.yaml": []byte(tt.b)}}.parse(6000)
			if tt.want == "" && err != nil || tt.want != "" && !strings.Contains(apperr.Message(err), tt.want) {
				t.Errorf("the error is %v, want %q", err, tt.want)
			}
		})
	}
}
