package har_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/har"
	"github.com/semantest/semantest/internal/spec"
)

var scope = spec.NewScope(nil, map[string]string{"TOKEN": "a-long-secret"})

func TestHeaders(t *testing.T) {
	t.Parallel()
	got := har.Headers(http.Header{"Cookie": {"a=b"}, "X-Api-Key": {"k"}, "A": {"1", "has a-long-secret in it"}}, scope)
	want := []any{
		har.Object{"name": "A", "value": "1"}, har.Object{"name": "A", "value": "has *** in it"},
		har.Object{"name": "Cookie", "value": "***"}, har.Object{"name": "X-Api-Key", "value": "***"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, text, encoding string
	}{
		{"text", "x a-long-secret y", "x *** y", ""},
		{"bytes", "\xff\x00a-long-secret", "/wAqKio=", "base64"},
		{"long", strings.Repeat("é", har.MaxBody), strings.Repeat("é", har.MaxBody/2) + "…", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, encoding := har.Body([]byte(tt.body), scope)
			if text != tt.text || encoding != tt.encoding {
				t.Errorf("got %.100q (%d bytes) %q", text, len(text), encoding)
			}
		})
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	if _, ok := har.Archive(nil, 0)["log"].(har.Object)["_dropped"]; ok {
		t.Error("nothing was dropped")
	}
	if n := har.Archive(nil, 3)["log"].(har.Object)["_dropped"]; n != 3 {
		t.Errorf("dropped %v, want 3", n)
	}
}
