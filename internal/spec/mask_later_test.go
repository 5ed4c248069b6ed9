package spec_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

func TestAddSecret(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{"A": "from-the-start"})
	fork := scope.Fork()
	for i := range 100 { // more than one list of them
		if err := fork.AddSecret(fmt.Sprintf("token/%d!", i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*spec.Scope{scope, fork, fork.Fork()} {
		for i := range 100 {
			token := fmt.Sprintf("token/%d!", i)
			text := token + " " + url.QueryEscape(token) + " " + base64.StdEncoding.EncodeToString([]byte("user:"+token)) + " from-the-start"
			if got := s.Mask(text); strings.Contains(got, "token") || !strings.HasPrefix(got, "*** *** ") || !strings.HasSuffix(got, " ***") {
				t.Errorf("Mask(%q) = %q", text, got)
			}
		}
	}
	if got := spec.NewScope(nil, nil).Mask("token/1!"); got != "token/1!" {
		t.Errorf("another scope hides it too: %q", got)
	}
}

func TestAddSecretIsBounded(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, nil)
	if err := scope.AddSecret(strings.Repeat("x", 64<<10+1)); !errors.Is(err, spec.ErrSecretTooLarge) {
		t.Errorf("a large one: %v", err)
	}
	for i := range 1000 {
		if err := scope.AddSecret(fmt.Sprintf("secret %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := scope.AddSecret("one more"); !errors.Is(err, spec.ErrTooManySecrets) {
		t.Errorf("one more: %v", err)
	}
	if err := errors.Join(scope.AddSecret("secret 7"), scope.AddSecret("xy")); err != nil {
		t.Errorf("one that is known, and one too short to hide: %v", err)
	}
	scope = spec.NewScope(nil, nil)
	for i := range 4 {
		if err := scope.AddSecret(strings.Repeat(fmt.Sprint(i), 63<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := scope.AddSecret(strings.Repeat("x", 63<<10)); !errors.Is(err, spec.ErrTooManySecrets) {
		t.Errorf("too many bytes: %v", err)
	}
}

// TestAddSecretBesideMask is for the race detector, and for what is seen: a text
// that holds a secret which was added before is masked whatever is added then.
func TestAddSecretBesideMask(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, nil)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 50 {
				secret := fmt.Sprintf("worker %d secret %d!", worker, i)
				if err := scope.AddSecret(secret); err != nil {
					t.Error(err)
				}
				if got := scope.Mask("<" + secret + ">"); got != "<***>" {
					t.Errorf("%q", got)
				}
			}
		})
	}
	all.Wait()
}

// TestMaskReader puts a secret around every place at which a stream could be cut.
func TestMaskReader(t *testing.T) {
	t.Parallel()
	const secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ"
	scope := spec.NewScope(nil, map[string]string{"S": secret})
	for _, form := range []string{secret, strings.ReplaceAll(everyByte(secret, `\u%04x`), " ", ""), base64.StdEncoding.EncodeToString([]byte("u:" + secret))} {
		for _, around := range []int{0, 1<<20 - 128<<10, 1 << 20, 2<<20 - 256<<10} {
			for _, before := range []int{0, 1, 47, 48, 49, len(form) - 1, len(form), len(form) + 1} {
				at := around - before
				if at < 0 {
					continue
				}
				text := strings.Repeat("x", at) + form + strings.Repeat("y", 200<<10)
				got, err := io.ReadAll(scope.MaskReader(strings.NewReader(text)))
				if want := scope.Mask(text); err != nil || string(got) != want {
					i := 0
					for i < min(len(got), len(want)) && got[i] == want[i] {
						i++
					}
					t.Fatalf("%q at %d: from %d on %.100q, want %.100q, %v", form, at, i, got[i:], want[i:], err)
				}
			}
		}
	}
}

func TestMaskReaderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{"S": "hunter2"})
	broken := io.MultiReader(strings.NewReader("before hunter2 after"), iotest.ErrReader(io.ErrUnexpectedEOF))
	got, err := io.ReadAll(scope.MaskReader(iotest.OneByteReader(broken)))
	if diff := cmp.Diff("before *** after", string(got)); diff != "" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestMaskReaderGivesUp ends also where a text was made to take long.
func TestMaskReaderGivesUp(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{"S": strings.Repeat("a", 3000) + "b"})
	n, err := io.Copy(io.Discard, scope.MaskReader(io.LimitReader(endlessly('a'), 20<<20)))
	if err != nil || n > 1<<10 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

type endlessly byte

func (e endlessly) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}
