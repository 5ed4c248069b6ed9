package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/seal"
)

// TestWhatWasSealedBefore opens values that bear no id of a key, and whoever
// knows no keysets opens what a single key of 32 bytes seals.
func TestWhatWasSealedBefore(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{9}, seal.KeySize)
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	before := plain.Seal(nil, nil, []byte("s3cret"), []byte(run))
	keys := parsed(t, base64.StdEncoding.EncodeToString(raw))
	opens(t, keys, before)
	if got, err := plain.Open(nil, nil, keys.Seal([]byte("s3cret"), run), []byte(run)); err != nil || string(got) != "s3cret" {
		t.Errorf("a process of the version before reads %q (%v)", got, err)
	}
	for range 3 { // rotated again and again, the oldest values stay open until the keys are pruned
		keys = step(t, keys, (*seal.Keys).Add, seal.Standby)
		opens(t, keys, before)
		keys = step(t, keys, (*seal.Keys).Promote, seal.Promoted)
		opens(t, keys, before)
		keys = parsed(t, text(t, keys))
	}
	pruned := step(t, keys, (*seal.Keys).Prune, seal.Settled)
	if _, err := pruned.Open(before, run); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("a key that is gone opens still (%v)", err)
	}
	opens(t, pruned, keys.Seal([]byte("s3cret"), run))
}

// TestRotationStepByStep checks who opens whose values at each step, so that no
// step needs all processes at once.
func TestRotationStepByStep(t *testing.T) {
	t.Parallel()
	settled, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	standby := step(t, settled, (*seal.Keys).Add, seal.Standby)
	promoted := step(t, standby, (*seal.Keys).Promote, seal.Promoted)
	fresh := step(t, promoted, (*seal.Keys).Prune, seal.Settled)
	for _, neighbours := range [][2]*seal.Keys{{settled, standby}, {standby, promoted}, {promoted, fresh}} {
		for i := range 2 {
			sealed := neighbours[i].Seal([]byte("s3cret"), run)
			if i == 0 && neighbours[1] == fresh {
				opens(t, fresh, sealed)
				continue
			}
			opens(t, neighbours[1-i], sealed)
		}
	}
	if settled.ID() != standby.ID() || standby.ID() == promoted.ID() || promoted.ID() != fresh.ID() {
		t.Errorf("the keys that seal are %s, %s, %s, %s", settled.ID(), standby.ID(), promoted.ID(), fresh.ID())
	}
	if _, err := fresh.Open(settled.Seal(nil, run), run); err == nil {
		t.Error("the new key opens what the old one sealed")
	}
}

func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	asText := func(handle *keyset.Handle, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&b)); err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(b.Bytes())
	}
	many := keyset.NewManager()
	for i := range 17 {
		id, err := many.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := many.SetPrimary(id); err != nil {
				t.Fatal(err)
			}
		}
	}
	disabled := keyset.NewManager()
	for i := range 2 {
		id, err := disabled.Add(aead.AES256GCMKeyTemplate())
		if i == 0 {
			err = errors.Join(err, disabled.SetPrimary(id))
		} else {
			err = errors.Join(err, disabled.Disable(id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	good, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{
		"AES-128":       asText(keyset.NewHandle(aead.AES128GCMKeyTemplate())),
		"another AEAD":  asText(keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())),
		"too many keys": asText(many.Handle()),
		"disabled":      asText(disabled.Handle()),
		"half of one":   text(t, good)[:40],
		"33 bytes":      base64.StdEncoding.EncodeToString(make([]byte, 33)),
	} {
		if _, err := seal.ParseKeys(in); apperr.CodeOf(err) != apperr.InvalidInput || strings.Contains(err.Error(), in) {
			t.Errorf("%s: %v, want INVALID_INPUT that does not show the key", name, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	good, err := seal.Generate()
	if err != nil {
		f.Fatal(err)
	}
	full, err := good.Text()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", full, full[:20], base64.StdEncoding.EncodeToString(make([]byte, 32)), "%%%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		keys, err := seal.ParseKeys(in)
		if err != nil {
			return
		}
		opens(t, parsed(t, text(t, keys)), keys.Seal([]byte("s3cret"), run))
	})
}

// TestTheFileChanges lets a process go on while another one rotates the key.
func TestTheFileChanges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	server := fromFile(t, path)
	old := server.Seal([]byte("s3cret"), run)
	keys, err := seal.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	keys = step(t, keys, (*seal.Keys).Add, seal.Standby)
	keys = step(t, keys, (*seal.Keys).Promote, seal.Promoted)
	if err := seal.WriteFile(path, keys); err != nil {
		t.Fatal(err)
	}
	fresh := keys.Seal([]byte("s3cret"), run)
	server.LookNow()
	var all sync.WaitGroup
	for range 8 { // one of them reads the file, none may be told no
		all.Go(func() {
			if got, err := server.Open(fresh, run); err != nil || string(got) != "s3cret" {
				t.Errorf("the server reads %q (%v)", got, err)
			}
		})
	}
	all.Wait()
	opens(t, keys, server.Seal([]byte("s3cret"), run))
	alone := step(t, keys, (*seal.Keys).Prune, seal.Settled)
	opens(t, alone, server.Seal([]byte("s3cret"), run)) // it seals with the new key
	if _, err := server.Open(old, run); err != nil {
		t.Errorf("what was sealed before: %v", err)
	}
	if err := os.WriteFile(path, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	server.LookNow()
	opens(t, keys, server.Seal([]byte("s3cret"), run)) // a damaged file changes nothing
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	server.LookNow()
	if _, err := server.Open(old, run); err != nil {
		t.Errorf("with the file gone: %v", err)
	}
	if _, err := seal.ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is gone is read: %v", err)
	}
}

func TestWriteFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "secret.key")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := seal.WriteFile(path, keys); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file is %v (%v)", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the folder has %v (%v)", left, err)
	}
	if err := seal.WriteFile(filepath.Join(dir, "none", "secret.key"), keys); apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

func step(t *testing.T, k *seal.Keys, do func(*seal.Keys) (*seal.Keys, error), want seal.Stage) *seal.Keys {
	t.Helper()
	out, err := do(k)
	if err != nil {
		t.Fatal(err)
	}
	if out.Stage() != want {
		t.Fatalf("the stage is %d, want %d", out.Stage(), want)
	}
	return out
}

func opens(t *testing.T, k *seal.Keys, sealed []byte) {
	t.Helper()
	if got, err := k.Open(sealed, run); err != nil || string(got) != "s3cret" {
		t.Errorf("opened as %q (%v)", got, err)
	}
}

func parsed(t *testing.T, in string) *seal.Keys {
	t.Helper()
	k, err := seal.ParseKeys(in)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func text(t *testing.T, k *seal.Keys) string {
	t.Helper()
	out, err := k.Text()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
