//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReplaceMarked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want, err string }{
		"replaced": {
			text: "before\n<!-- bench:a -->\nold\nolder\n<!-- /bench:a -->\nafter\n",
			want: "before\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\nafter\n",
		},
		"added":                {text: "before", want: "before\n\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\n"},
		"others stay":          {text: "<!-- bench:b -->\nb\n<!-- /bench:b -->\n", want: "<!-- bench:b -->\nb\n<!-- /bench:b -->\n\n<!-- bench:a -->\nnew\n<!-- /bench:a -->\n"},
		"a marker without end": {text: "<!-- bench:a -->\nold\n", err: "has no end"},
	} {
		got, err := replaceMarked(c.text, "a", "new\n")
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got error %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRenewChangesOneSection(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "performance.md")
	const text = "# Performance\n\n<!-- bench:machine -->\n<!-- /bench:machine -->\n\nKept.\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &section{
		name: "a", title: "A", command: "go run ./bench", load: "0.1", at: time.Unix(0, 0),
		rows: []row{{what: "fast", value: "1 ms", target: "≤ 2 ms", met: true}, {what: "slow", value: "3 ms", target: "≤ 2 ms"}, {what: "other", value: "4"}},
	}
	m := machine{cores: 2, memory: 1 << 34, cpu: "X", kernel: "Linux 1", golang: "go1", postgres: "postgres 1", revision: "abc", at: time.Unix(0, 0)}
	for range 2 { // the second time replaces the first
		if err := renew(path, m, s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "# Performance\n\n<!-- bench:machine -->\n" +
		"Machine: 2 cores (X), 16.0 GiB memory, Linux 1, go1, postgres 1. Revision abc, 1970-01-01 00:00 UTC.\n" +
		"<!-- /bench:machine -->\n\nKept.\n\n<!-- bench:a -->\n## A\n\n" +
		"| What | Measured | Target |  |\n| --- | --- | --- | --- |\n" +
		"| fast | 1 ms | ≤ 2 ms | met |\n| slow | 3 ms | ≤ 2 ms | **missed** |\n| other | 4 |  |  |\n\n" +
		"`go run ./bench`, 1970-01-01 00:00 UTC, load average at the end 0.1.\n<!-- /bench:a -->\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// What the parts use and what is left add up to what the cores could do.
func TestTheAccountAddsUp(t *testing.T) {
	t.Parallel()
	a := &account{
		cases: 100, took: time.Second,
		usage: usage{
			server: 300 * time.Millisecond, target: 50 * time.Millisecond, observer: 40 * time.Millisecond,
			postgres: map[string]time.Duration{pgStore: 200 * time.Millisecond, pgQueue: 10 * time.Millisecond}, machine: 700 * time.Millisecond,
		},
		server: map[part]float64{partSQL: 0.5, partOther: 0.5},
	}
	rows := map[string]string{}
	for _, r := range a.cpuTable().rows {
		rows[strings.Trim(r[0], "*")] = r[1]
	}
	for name, want := range map[string]string{
		"server: " + string(partSQL): "1.500", "server: " + string(partOther): "1.500", "all of the above": "6.000",
		"other programs and the kernel's own work": "1.000",
	} {
		if rows[name] != want {
			t.Errorf("%s: %s ms, want %s", name, rows[name], want)
		}
	}
}

func TestChooseNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	if _, err := choose([]string{"demo", "nonsense"}); err == nil {
		t.Error("an unknown benchmark was chosen")
	}
	got, err := choose([]string{"cases", "demo"})
	if err != nil || len(got) != 2 || got[0].name != "cases" {
		t.Errorf("got %v (%v)", got, err)
	}
}

func TestLinesAreSplitHoweverTheyArrive(t *testing.T) {
	t.Parallel()
	l := newLineReader()
	for _, chunk := range []string{"on", "e\ntw", "o\nthree\nrest"} {
		if _, err := l.Write([]byte(chunk)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two", "three"} {
		if got := <-l.lines; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
