package keys_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// bound seals nothing, but keeps to the context as a real sealer does.
type bound struct{}

func (bound) Seal(plain []byte, context string) []byte { return append([]byte(context+"\n"), plain...) }

func (bound) Open(sealed []byte, context string) ([]byte, error) {
	head := context + "\n"
	if len(sealed) < len(head) || string(sealed[:len(head)]) != head {
		return nil, errors.New("sealed elsewhere")
	}
	return sealed[len(head):], nil
}

// clock is a time that the test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time        { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) pass(by time.Duration) { c.at.Add(int64(by)) }

func newRing(s *store.Store, c *clock) *keys.Ring {
	return keys.New(s, bound{}, keys.Options{Now: c.now})
}

var (
	userID    = ident.New(ident.User)
	sessionID = ident.New(ident.Session)
)

func sign(t *testing.T, r *keys.Ring) string {
	t.Helper()
	token, _, err := r.Sign(t.Context(), userID, sessionID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func published(t *testing.T, r *keys.Ring) (ids []string) {
	t.Helper()
	set, err := r.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Use != "sig" || k.Algorithm != string(jose.EdDSA) {
			t.Errorf("key %s is published as %+v", k.KeyID, k)
		}
		ids = append(ids, k.KeyID)
	}
	return ids
}

func TestSignedIsVerified(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newRing(storetest.Open(t), c)
	token, expires, err := r.Sign(t.Context(), userID, sessionID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got.UserID != userID || got.SessionID != sessionID || got.ID == "" || !got.ExpiresAt.Equal(expires) || !expires.Equal(c.now().Add(time.Hour)) {
		t.Errorf("claims %+v, expires %s", got, expires)
	}
	if !keys.Looks(token) || keys.Looks("smt_abc") || keys.Looks("a.b.c") {
		t.Error("tokens are not told apart")
	}
	parsed, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || parsed.Signatures[0].Header.KeyID != published(t, r)[0] {
		t.Errorf("kid of %+v, %v", parsed, err)
	}
}

// TestRotationSignsNobodyOut follows two processes over three months, hour by
// hour: one rotates, the other only reads what it does not know.
func TestRotationSignsNobodyOut(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	one, two := newRing(db, c), newRing(db, c)
	kinds, most := map[string]bool{}, 0
	for range 24 * 92 / 6 {
		if err := one.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		token := sign(t, one)
		before := published(t, one)
		most = max(most, len(before))
		parsed, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
		if err != nil {
			t.Fatal(err)
		}
		signedBy := parsed.Signatures[0].Header.KeyID
		if !kinds[signedBy] && len(kinds) > 0 && !slices.Contains(published(t, two), signedBy) {
			t.Fatalf("%s: the key %s signs and was not published to the others before", c.now(), signedBy)
		}
		kinds[signedBy] = true
		if err := two.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Hour - time.Second)
		for _, r := range []*keys.Ring{one, two} {
			if _, err := r.Verify(t.Context(), token); err != nil {
				t.Fatalf("%s: a token in its last second: %v", c.now(), err)
			}
		}
		c.pass(5*time.Hour + time.Second)
	}
	if len(kinds) != 4 || most != 2 {
		t.Errorf("%d keys signed in 92 days, and at most %d were published at once", len(kinds), most)
	}
	if left := published(t, one); len(left) > 2 {
		t.Errorf("keys pile up: %v", left)
	}
}

// TestProcessesMakeOneKey lets many begin on an empty database.
func TestProcessesMakeOneKey(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := newRing(db, c).Rotate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n, err := db.Ent.SigningKey.Query().Count(t.Context()); err != nil || n != 1 {
		t.Errorf("%d keys, %v", n, err)
	}
}

// TestAKeyOfAnotherProcess is known as soon as its first token comes.
func TestAKeyOfAnotherProcess(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	one, two := newRing(db, c), newRing(db, c)
	if _, err := one.Verify(t.Context(), "ey.ey.ey"); err == nil {
		t.Fatal("garbage is accepted")
	}
	if _, err := one.Verify(t.Context(), sign(t, two)); err != nil {
		t.Error(err)
	}
}

// TestStartedRingsRotate waits for what a process does by itself.
func TestStartedRingsRotate(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	r := keys.New(db, bound{}, keys.Options{Now: c.now, Every: time.Millisecond})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	if n := len(published(t, r)); n != 1 {
		t.Fatalf("%d keys at first", n)
	}
	c.pass(29*24*time.Hour + time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(published(t, r)) != 2 {
		select {
		case <-ctx.Done():
			t.Fatal("no second key was made")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestPrivateKeysAreSealed(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	if err := newRing(db, c).Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := db.Ent.SigningKey.Query().OnlyX(t.Context())
	// What was sealed for one key must not open as another.
	id := ident.New(ident.SigningKey)
	if _, err := (bound{}).Open(row.SealedPrivate, id); err == nil {
		t.Fatal("the sealer of the test is of no use")
	}
	if err := db.Ent.SigningKey.UpdateOne(row).SetSealedPrivate([]byte(id + "\n01234567890123456789012345678901")).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := newRing(db, c).Sign(t.Context(), userID, sessionID); err == nil {
		t.Error("a private key from elsewhere signs")
	}
}
