package password_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth/password"
)

const good = "correct horse battery"

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	hash, err := h.Hash(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(hash) {
		t.Errorf("the hash is %s", hash)
	}
	if again, err := h.Hash(t.Context(), good); err != nil || again == hash {
		t.Errorf("the same salt twice, or %v", err)
	}
	for name, tt := range map[string]struct {
		password string
		want     bool
	}{
		"right":        {good, true},
		"wrong":        {good + "!", false},
		"empty":        {"", false},
		"other case":   {strings.ToUpper(good), false},
		"far too long": {strings.Repeat("x", 1<<20), false},
	} {
		if ok, err := h.Verify(t.Context(), tt.password, hash); err != nil || ok != tt.want {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if password.NeedsRehash(hash) {
		t.Error("a fresh hash is said to be old")
	}
}

func TestPasswordsHaveALength(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		password string
		ok       bool
	}{
		"11 bytes":         {strings.Repeat("x", 11), false},
		"12 bytes":         {strings.Repeat("x", 12), true},
		"256 bytes":        {strings.Repeat("x", 256), true},
		"257 bytes":        {strings.Repeat("x", 257), false},
		"any characters":   {"päss\x00wörd\n☃", true},
		"nothing but room": {strings.Repeat(" ", 12), true},
	} {
		err := password.Check("password", tt.password)
		if (err == nil) != tt.ok || err != nil && apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOldHashes takes the parameters from the hash, and knows that they are old.
func TestOldHashes(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	for name, hash := range map[string]string{
		"less memory":   "$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$",
		"fewer threads": "$argon2id$v=19$m=1024,t=1,p=2$c2FsdHNhbHRzYWx0c2FsdA$",
	} {
		if !password.NeedsRehash(hash) {
			t.Errorf("%s: not old", name)
		}
		// A key of zeroes is nobody's: the point is that it is computed at all.
		if ok, err := h.Verify(t.Context(), good, hash+strings.Repeat("A", 43)); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

func TestHostileHashesAreRefused(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{})
	const salt, key = "c2FsdHNhbHRzYWx0c2FsdA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, hash := range map[string]string{
		"empty":               "",
		"another kind":        "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":             "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"another version":     "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key,
		"all memory":          "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + key,
		"more than a number":  "$argon2id$v=19$m=99999999999999999999,t=2,p=1$" + salt + "$" + key,
		"all time":            "$argon2id$v=19$m=19456,t=4294967295,p=1$" + salt + "$" + key,
		"no time":             "$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key,
		"too many threads":    "$argon2id$v=19$m=19456,t=2,p=255$" + salt + "$" + key,
		"no threads":          "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key,
		"memory for no block": "$argon2id$v=19$m=8,t=2,p=4$" + salt + "$" + key,
		"negative":            "$argon2id$v=19$m=-1,t=2,p=1$" + salt + "$" + key,
		"another order":       "$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + key,
		"no salt":             "$argon2id$v=19$m=19456,t=2,p=1$$" + key,
		"no key":              "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"huge key":            "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + strings.Repeat("A", 1000),
		"not base64":          "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
		"something more":      "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key + "$x",
	} {
		if ok, err := h.Verify(t.Context(), good, hash); ok || err == nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
		if !password.NeedsRehash(hash) {
			t.Errorf("%s: said to be of today", name)
		}
	}
}

// TestTooManyAtOnce fills the only place and the only chair beside it.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{AtOnce: 1, Waiting: 1, Within: time.Minute})
	leave := h.Occupy()
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error, 1)
	go func() { waited <- h.Pretend(ctx, good) }()
	for h.Waiting() != 1 {
		select {
		case err := <-waited:
			t.Fatalf("did not wait: %v", err)
		case <-t.Context().Done():
			t.Fatal("nobody waits")
		case <-time.After(time.Millisecond):
		}
	}
	if err := h.Pretend(t.Context(), good); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	gone := errors.New("hung up")
	cancel(gone)
	if err := <-waited; !errors.Is(err, gone) {
		t.Errorf("who hung up still waited: %v", err)
	}
	leave()
	if err := h.Pretend(t.Context(), good); err != nil {
		t.Errorf("with a free place: %v", err)
	}
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	h := password.New(password.Options{AtOnce: 1, Within: time.Millisecond})
	defer h.Occupy()()
	if _, err := h.Hash(t.Context(), good); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("got %v", err)
	}
}
