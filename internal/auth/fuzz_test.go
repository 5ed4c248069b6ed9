package auth_test

import (
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store/storetest"
)

// plain seals nothing: this is about what is read, not about what is kept.
type plain struct{}

func (plain) Seal(b []byte, _ string) []byte          { return b }
func (plain) Open(b []byte, _ string) ([]byte, error) { return b, nil }

// FuzzToken feeds what a client may send as its token, be it taken for an API
// token or for an access token. None is valid, so each must be refused with a
// code and without a panic.
func FuzzToken(f *testing.F) {
	db := storetest.Open(f)
	ring := keys.New(db, plain{}, keys.Options{})
	s := auth.New(db, auth.WithSessions(ring))
	signed, _, err := ring.Sign(f.Context(), ident.New(ident.User), ident.New(ident.Session))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "smt_", "smt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "smt_\x00\xff", "smr_x", "ey..", "eyJhbGciOiJub25lIn0.e30.", signed, signed + "A",
		"eyJhbGciOiJFZERTQSIsImtpZCI6IiJ9.e30.AAAA", "eyJhbGciOiJFZERTQSIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.AAAA",
	} {
		f.Add(seed, "")
		f.Add(seed, "default")
	}
	f.Fuzz(func(t *testing.T, token, hint string) {
		p, err := s.Authenticate(auth.ProjectHint(t.Context(), hint), token)
		if code := apperr.CodeOf(err); p != nil || code != apperr.Unauthenticated && code != apperr.NotFound {
			t.Errorf("%q in %q gives %+v, %v", token, hint, p, err)
		}
	})
}
