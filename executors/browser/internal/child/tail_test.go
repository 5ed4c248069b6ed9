package child

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTail(t *testing.T) {
	t.Parallel()
	var got []string
	w := &tail{limit: 10, onLine: func(l string) { got = append(got, l) }}
	for _, part := range []string{"a", "b\nc\r\n", "", "\n", strings.Repeat("x", 50), "y\nz"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if diff := cmp.Diff([]string{"ab", "c", "", "y"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if w.lastLine() != "z" || len(w.buf) > 10 {
		t.Errorf("the last line is %q of %d bytes", w.lastLine(), len(w.buf))
	}
}
