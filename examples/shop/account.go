package shop

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// account is a customer who can sign in.
type account struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// The one account is shown on the sign-in page: it is for trying things out.
const (
	demoEmail    = "ada@example.test"
	demoPassword = "slow-mornings"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (s *Shop) login(w http.ResponseWriter, r *http.Request) {
	var c credentials
	if err := readJSON(w, r, &c, false); err != nil {
		s.fail(w, r, err)
		return
	}
	a, err := authenticate(c)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.signIn(visitOf(r), a)
	writeJSON(w, http.StatusOK, a)
}

func (s *Shop) logout(w http.ResponseWriter, r *http.Request) {
	s.signOut(visitOf(r))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Shop) me(w http.ResponseWriter, r *http.Request) {
	a := s.store.userOf(visitOf(r).session)
	if a == nil {
		s.fail(w, r, &problem{Status: http.StatusUnauthorized, Detail: "Sign in with POST /api/login first."})
		return
	}
	writeJSON(w, http.StatusOK, a)
}

func (s *Shop) signIn(v *visit, a *account) {
	v.renewSession()
	s.store.setUser(v.session, a)
}

func (s *Shop) signOut(v *visit) {
	if v.session != nil {
		s.store.setUser(v.session, nil)
		v.renewSession()
	}
}

func authenticate(c credentials) (*account, error) {
	var errs []fieldError
	if c.Email == "" {
		errs = append(errs, fieldError{"email", "Enter your e-mail address."})
	}
	if c.Password == "" {
		errs = append(errs, fieldError{"password", "Enter your password."})
	}
	if len(errs) > 0 {
		return nil, invalidAll(errs)
	}
	if !sameText(strings.ToLower(c.Email), demoEmail) || !sameText(c.Password, demoPassword) {
		return nil, &problem{Status: http.StatusUnauthorized, Detail: "The e-mail address or the password is wrong."}
	}
	return &account{Name: "Ada", Email: demoEmail}, nil
}

// sameText compares in a time that tells nothing about either text.
func sameText(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
