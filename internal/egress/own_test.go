package egress_test

import (
	"errors"
	"testing"

	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
)

// TestOwnNames denies a server of ours that moves from address to address.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Dev)
	p.ResolveWith(egresstest.Resolver(t, [4]byte{10, 0, 0, 7}))
	p.DenyName("db.test.", 5432)
	for _, tt := range []struct {
		address string
		allowed bool
	}{
		{"10.0.0.8:5432", true},
		{"10.0.0.7:5432", false},
		{"10.0.0.7:5433", true},
		{"[::ffff:10.0.0.7]:5432", false},
		{"[64:ff9b::a00:7]:5432", false},
	} {
		if err := ask(p, "tcp", tt.address); (err == nil) != tt.allowed {
			t.Errorf("%s is allowed: %t, want %t (%v)", tt.address, err == nil, tt.allowed, err)
		}
	}
}

// TestOwnNameMoves looks the name up anew, and still knows where it was.
func TestOwnNameMoves(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Dev)
	p.ResolveWith(egresstest.Resolver(t, [4]byte{10, 0, 0, 7}, [4]byte{10, 0, 0, 9}))
	p.DenyName("db.test.", 5432)
	if err := ask(p, "tcp", "10.0.0.9:5432"); err != nil {
		t.Fatalf("before the move: %v", err)
	}
	egress.ForgetLookUps(p)
	for _, address := range []string{"10.0.0.9:5432", "10.0.0.7:5432"} {
		if err := ask(p, "tcp", address); !errors.Is(err, egress.ErrDenied) {
			t.Errorf("after the move %s: %v, want ErrDenied", address, err)
		}
	}
}

// TestOwnNameThatIsNotFound refuses its port altogether: any address might be it.
func TestOwnNameThatIsNotFound(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Dev)
	p.ResolveWith(egresstest.Resolver(t))
	p.DenyName("db.test.", 5432)
	if err := ask(p, "tcp", "10.0.0.9:5432"); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("its port: %v, want ErrDenied", err)
	}
	if err := ask(p, "tcp", "10.0.0.9:80"); err != nil {
		t.Errorf("another port: %v", err)
	}
}
