package ident_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ident"
)

var types = []ident.Type{
	ident.Project, ident.Token, ident.Plan, ident.PlanVersion, ident.Run, ident.Result, ident.Attempt,
	ident.Step, ident.Check, ident.Metric, ident.Artifact, ident.Worker, ident.Request,
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, typ := range types {
		id := ident.New(typ)
		if !strings.HasPrefix(id, string(typ)+"_") || len(id) != len(typ)+1+26 {
			t.Errorf("New(%s) = %s", typ, id)
		}
		if err := ident.Validate(typ, id); err != nil {
			t.Errorf("Validate(%s): %v", id, err)
		}
		if got := ident.TypeOf(id); got != typ {
			t.Errorf("TypeOf(%s) = %q, want %q", id, got, typ)
		}
	}
}

// TestLaterSortsLater guards what lists by time and their cursors rest on.
func TestLaterSortsLater(t *testing.T) {
	t.Parallel()
	ids := make([]string, 20)
	for i := range ids {
		for began := time.Now().UnixMilli(); time.Now().UnixMilli() == began; {
			runtime.Gosched()
		}
		ids[i] = ident.New(ident.Run)
	}
	if !slices.IsSorted(ids) {
		t.Errorf("not in order: %v", ids)
	}
}

func TestNewIsUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20_000 {
		seen[ident.New(ident.Run)] = true
	}
	if len(seen) != 20_000 {
		t.Errorf("20000 ids, of which %d differ", len(seen))
	}
}

func TestNotAnID(t *testing.T) {
	t.Parallel()
	const suffix = "01h455vb4pex5vsknk084sn02q"
	for _, tt := range []struct {
		name, id string
		typ      ident.Type // what TypeOf says
	}{
		{"empty", "", ""},
		{"another type", "pln_" + suffix, ident.Plan},
		{"no prefix", suffix, ""},
		{"an empty prefix", "_" + suffix, ""},
		{"a prefix alone", "run_", ""},
		{"too short", "run_" + suffix[1:], ""},
		{"too long", "run_" + suffix + "0", ""},
		{"capitals", "run_" + strings.ToUpper(suffix), ""},
		{"a letter that base32 lacks", "run_" + suffix[:25] + "u", ""},
		{"beyond 128 bits", "run_8" + suffix[1:], ""},
		{"a NUL", "run_" + suffix[:25] + "\x00", ""},
		{"SQL", "run_' OR 1=1 --", ""},
		{"huge", strings.Repeat("run_", 1<<20), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := ident.Validate(ident.Run, tt.id)
			if apperr.CodeOf(err) != apperr.InvalidInput {
				t.Fatalf("Validate = %v, want INVALID_INPUT", err)
			}
			if text := err.Error(); len(text) > 200 || !strings.Contains(text, "run_") || !utf8.ValidString(text) {
				t.Errorf("the message is %q", text)
			}
			if got := ident.TypeOf(tt.id); got != tt.typ {
				t.Errorf("TypeOf = %q, want %q", got, tt.typ)
			}
		})
	}
}

func FuzzTypeOf(f *testing.F) {
	f.Add("run_01h455vb4pex5vsknk084sn02q")
	f.Add("01h455vb4pex5vsknk084sn02q")
	f.Add("a_b_01h455vb4pex5vsknk084sn02q")
	f.Fuzz(func(t *testing.T, id string) {
		if typ := ident.TypeOf(id); typ != "" {
			if err := ident.Validate(typ, id); err != nil {
				t.Errorf("TypeOf(%q) = %q, but Validate says %v", id, typ, err)
			}
		}
	})
}
