package report_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

type writer func(io.Writer, report.Run) error

var writers = map[string]writer{
	"junit": report.WriteJUnit,
	"json":  report.WriteJSON,
	"html":  report.WriteHTML,
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := written(t, write, sampleRun())
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("differs from %s (-want +got); run with -update if that is meant:\n%s", path, d)
			}
		})
	}
}

func TestWritersReportAFailedWrite(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		for _, room := range []int{0, 10, 2000} {
			if err := write(&fullWriter{room: room}, sampleRun()); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d: %v", name, room, err)
			}
		}
	}
}

func TestEmptyRun(t *testing.T) {
	t.Parallel()
	for name, write := range writers {
		if out := written(t, write, report.Run{}); len(out) == 0 {
			t.Errorf("%s wrote nothing", name)
		}
	}
}

func written(t *testing.T, write writer, run report.Run) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, run); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var errFull = errors.New("no room")

type fullWriter struct{ room int }

func (w *fullWriter) Write(p []byte) (int, error) {
	if len(p) > w.room {
		return w.room, errFull
	}
	w.room -= len(p)
	return len(p), nil
}
