package seal_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/seal"
)

const run = "run_01h455vb4pex5vsknk084sn02q"

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	s := sealer(t, 1)
	for _, plain := range [][]byte{nil, []byte("x"), []byte(`{"API_TOKEN":"s3cret"}`), bytes.Repeat([]byte("a"), 1<<20)} {
		sealed := s.Seal(plain, run)
		if len(plain) > 8 && bytes.Contains(sealed, plain[:8]) {
			t.Errorf("the sealed form of %d bytes shows them", len(plain))
		}
		got, err := s.Open(sealed, run)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes come back as %d (%v)", len(plain), len(got), err)
		}
	}
	if bytes.Equal(s.Seal([]byte("same"), run), s.Seal([]byte("same"), run)) {
		t.Error("equal secrets look equal when sealed")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := sealer(t, 1)
	sealed := s.Seal([]byte("s3cret"), run)
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for _, tt := range []struct {
		name    string
		with    *seal.Sealer
		sealed  []byte
		context string
	}{
		{"another key", sealer(t, 2), sealed, run},
		{"another context", s, sealed, run + "x"},
		{"no context", s, sealed, ""},
		{"a changed byte", s, flipped, run},
		{"a part", s, sealed[:len(sealed)-1], run},
		{"less than a nonce", s, sealed[:3], run},
		{"nothing", s, nil, run},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plain, err := tt.with.Open(tt.sealed, tt.context)
			if apperr.CodeOf(err) != apperr.Unavailable || plain != nil {
				t.Errorf("Open = %q, %v; want UNAVAILABLE", plain, err)
			}
			if err != nil && !strings.Contains(err.Error(), "SEMANTEST_SECRET_KEY") {
				t.Errorf("the message does not say the way out: %v", err)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, seal.KeySize))
	for _, tt := range []struct {
		name, text string
		good       bool
	}{
		{"as openssl prints it", key + "\n", true},
		{"with spaces around", "  " + key + " ", true},
		{"not base64", "correct horse battery staple", false},
		{"too short", base64.StdEncoding.EncodeToString(make([]byte, 16)), false},
		{"too long", base64.StdEncoding.EncodeToString(make([]byte, 64)), false},
		{"empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := seal.Parse(tt.text)
			if (err == nil) != tt.good {
				t.Fatalf("Parse: %v", err)
			}
			if err == nil {
				return
			}
			if apperr.CodeOf(err) != apperr.InvalidInput || !strings.Contains(err.Error(), "openssl rand -base64 32") {
				t.Errorf("Parse = %v (%s), want INVALID_INPUT and the way out", err, apperr.CodeOf(err))
			}
			if tt.text != "" && strings.Contains(err.Error(), tt.text) {
				t.Errorf("the message shows the key: %v", err)
			}
		})
	}
}

func TestFromFileKeepsTheKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	sealed := fromFile(t, path).Seal([]byte("s3cret"), run)
	plain, err := fromFile(t, path).Open(sealed, run)
	if err != nil || string(plain) != "s3cret" {
		t.Errorf("after a restart: %q, %v", plain, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file may be read by others: %s", info.Mode())
	}
}

// TestFirstStartTogether lets several processes find no key at once.
func TestFirstStartTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret.key")
	const n = 16
	sealers := make([]*seal.Sealer, n)
	errs := make([]error, n)
	var start, all sync.WaitGroup
	start.Add(1)
	for i := range n {
		all.Go(func() {
			start.Wait()
			sealers[i], errs[i] = seal.FromFile(path)
		})
	}
	start.Done()
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("process %d: %v", i, err)
		}
		if _, err := sealers[0].Open(sealers[i].Seal([]byte("s3cret"), run), run); err != nil {
			t.Errorf("process %d has a key of its own: %v", i, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the folder has %v (%v), want the key alone", left, err)
	}
}

func TestFromFileNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged.key")
	if err := os.WriteFile(damaged, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"damaged": damaged, "a folder": dir, "below a file": filepath.Join(damaged, "secret.key"),
		"in a folder that is not there": filepath.Join(dir, "none", "secret.key"),
	} {
		_, err := seal.FromFile(path)
		if apperr.CodeOf(err) != apperr.InvalidInput || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want INVALID_INPUT that names %s", name, err, path)
		}
	}
}

func sealer(t *testing.T, seed byte) *seal.Sealer {
	t.Helper()
	s, err := seal.New(bytes.Repeat([]byte{seed}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fromFile(t *testing.T, path string) *seal.Sealer {
	t.Helper()
	s, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
