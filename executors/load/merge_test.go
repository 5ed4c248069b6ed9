package load

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// someTally has some of everything, with values that parts of it never share.
func someTally(r *rand.Rand) *tally {
	t := newTally()
	rec := newRecorder(1)
	rec.byStatus, rec.byExpectedness = true, true
	s := rec.shard(0)
	for range r.IntN(16) {
		v := &sample{
			key: key{scenario: r.IntN(2), step: r.IntN(2), status: 200 + r.IntN(2)}, failed: r.IntN(5) == 0, connected: r.IntN(9) > 0,
			sent: r.Int64N(1000), received: r.Int64N(100000),
		}
		for _, d := range []*time.Duration{&v.duration, &v.service, &v.sending, &v.waiting, &v.receiving, &v.connect, &v.tls} {
			*d = time.Duration(r.ExpFloat64() * float64(80*time.Millisecond))
			if r.IntN(40) == 0 {
				*d *= 1000 // also beyond what a histogram counts
			}
		}
		rec.request(s, v, r.IntN(2) == 0)
		rec.check(s, asked{v.scenario, v.step, r.IntN(2)}, r.IntN(3) > 0)
		rec.iteration(s, v.scenario, v.duration, r.IntN(10) == 0)
		rec.drop(s, v.scenario, r.Int64N(2))
	}
	t.merge(rec.collect())
	return t
}

// sameTally compares every number and every bucket.
func sameTally(t *testing.T, what string, got, want *tally) {
	t.Helper()
	if diff := cmp.Diff(flat(want), flat(got)); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func flat(t *tally) map[any]any {
	out := map[any]any{}
	add := func(k any, m measured) {
		something := false
		var all []any
		for _, n := range m.counts() {
			all = append(all, *n)
			something = something || *n != 0
		}
		for _, h := range m.trends() {
			if h.count() == 0 {
				all = append(all, nil)
				continue
			}
			something = true
			var buckets []int64
			for i, n := range h.h.Export().Counts {
				if n != 0 {
					buckets = append(buckets, int64(i), n)
				}
			}
			all = append(all, buckets, h.h.Min(), h.h.Max(), h.percentile(50), h.percentile(99.9))
		}
		if something {
			out[k] = all
		}
	}
	for k, c := range t.cells {
		add(k, c)
	}
	for s, p := range t.passes {
		add(s, p)
	}
	for a, j := range t.checks {
		add(a, j)
	}
	return out
}

// TestPartsMergeExactly records values in one tally, and the same ones dealt out
// to parts and seconds, handed over and put together again.
func TestPartsMergeExactly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	for range 4 {
		whole, merged := newTally(), newTally()
		b := newBook()
		parts := 1 + r.IntN(4)
		for i := range parts {
			b.join(i, 1)
		}
		seconds := 1 + r.IntN(4)
		bySecond := make([]*tally, seconds)
		for i := range bySecond {
			bySecond[i] = newTally()
		}
		for part := range parts {
			for s := range seconds {
				one := someTally(r)
				whole.merge(one)
				bySecond[s].merge(one)
				data, err := (&window{slot: s + 1, to: time.Duration(s+1) * time.Second, tally: one}).encode()
				if err != nil {
					t.Fatal(err)
				}
				w, err := decodeWindow(data)
				if err != nil {
					t.Fatal(err)
				}
				sameTally(t, "a window that was handed over", w.tally, one)
				merged.merge(w.tally)
				b.add(part, w)
			}
		}
		sameTally(t, "the sum of all parts", merged, whole)
		closed := b.close()
		if len(closed) != seconds {
			t.Fatalf("%d of %d seconds were closed", len(closed), seconds)
		}
		for i, s := range closed {
			sameTally(t, "a second of all parts", s.tally, bySecond[i])
		}
	}
}

// TestWindowsHoldEverything fails when something is measured that is not handed
// over: a number or a histogram that counts and trends do not list, or a part of
// a key that is not written.
func TestWindowsHoldEverything(t *testing.T) {
	t.Parallel()
	for _, m := range []measured{newCell(), newPasses(), &judged{}} {
		counts, trends := 0, 0
		of := reflect.TypeOf(m).Elem()
		for i := range of.NumField() {
			switch of.Field(i).Type {
			case reflect.TypeFor[int64]():
				counts++
			case reflect.TypeFor[histogram]():
				trends++
			default:
				t.Errorf("%s has the field %s of a type that is not handed over", of, of.Field(i).Name)
			}
		}
		if counts != len(m.counts()) || trends != len(m.trends()) {
			t.Errorf("%s has %d numbers and %d histograms, and lists %d and %d", of, counts, trends, len(m.counts()), len(m.trends()))
		}
	}
	var k key
	v := reflect.ValueOf(&k).Elem()
	for i := range v.NumField() {
		field := reflect.NewAt(v.Field(i).Type(), unsafe.Pointer(v.Field(i).UnsafeAddr())).Elem()
		switch field.Kind() {
		case reflect.Int:
			field.SetInt(int64(i + 1))
		case reflect.Bool:
			field.SetBool(true)
		default:
			t.Fatalf("a key has a field of kind %s", field.Kind())
		}
	}
	if back, ok := keyOf(k.numbers()); !ok || back != k {
		t.Errorf("the key %+v comes back as %+v", k, back)
	}
	if n := reflect.TypeFor[tally]().NumField(); n != 3 {
		t.Errorf("a tally has %d fields, and a window holds 3 of them", n)
	}
}

// TestSecondsWaitForAllParts lets parts come late, leave and take over.
func TestSecondsWaitForAllParts(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.join(0, 1)
	b.join(1, 1)
	tell := func(part, slot int) {
		b.add(part, &window{slot: slot, to: time.Duration(slot) * time.Second, users: 1 + part, most: 2, tally: newTally()})
	}
	expect := func(when string, want ...int) {
		t.Helper()
		var got []int
		for _, s := range b.close() {
			got = append(got, s.users)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	tell(0, 1)
	tell(0, 2)
	expect("only one part has told")
	tell(1, 1)
	expect("both have told of the first second", 3)
	b.leave(1)
	expect("the other one was lost", 1)
	tell(0, 3)
	expect("one part goes on alone", 1)
	b.join(1, 5)
	tell(0, 4)
	tell(0, 5)
	expect("the second before another one took over", 1)
	tell(1, 5)
	expect("both again", 3)
	b.leave(1)
	tell(1, 2) // told before it was lost, and found late
	b.leave(0)
	expect("nothing is lost of what comes late", 2)
}

func TestForeignWindowsAreRefused(t *testing.T) {
	t.Parallel()
	good, err := (&window{slot: 1, tally: someTally(rand.New(rand.NewPCG(1, 2)))}).encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing":        nil,
		"another form":   []byte(`{"v":1,"cells":[{"k":[0,0,0,0],"n":[1]}]}`),
		"a short key":    []byte(`{"v":1,"passes":[{"k":[],"n":[1,2,3],"h":[""]}]}`),
		"no histogram":   []byte(`{"v":1,"passes":[{"k":[0],"n":[1,2,3],"h":["SGVsbG8="]}]}`),
		"a later worker": bytes.Replace(good, []byte(`{"v":1`), []byte(`{"v":2`), 1),
	} {
		if _, err := decodeWindow(data); err == nil {
			t.Errorf("%s was taken for a window", name)
		}
	}
	if _, err := decodeWindow(bytes.Replace(good, []byte(`{"v":1`), []byte(`{"v":2`), 1)); err == nil || !strings.Contains(err.Error(), "different versions") {
		t.Errorf("a worker of another version: %v", err)
	}
}

func TestNotesMerge(t *testing.T) {
	t.Parallel()
	a, b := newNotes(), newNotes()
	a.add("one")
	b.add("one")
	b.add("two")
	b.other = 3
	a.merge(b.take())
	a.merge(b.take())
	if diff := cmp.Diff([]note{{"one", 2}, {"two", 1}, {"others", 3}}, a.list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
