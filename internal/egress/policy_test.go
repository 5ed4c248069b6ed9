package egress_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/egress/egresstest"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	const ours = "198.51.100.9:5432"
	for _, tt := range []struct {
		name, network, address string
		public, dev            bool // whether the mode allows it
	}{
		{"public", "tcp4", "93.184.216.34:443", true, true},
		{"public on a rare port", "tcp4", "93.184.216.34:5555", true, true},
		{"public IPv6", "tcp6", "[2606:2800:220:1:248:1893:25c8:1946]:443", true, true},

		{"loopback", "tcp4", "127.0.0.1:80", false, true},
		{"another loopback", "tcp4", "127.9.9.9:80", false, true},
		{"loopback IPv6", "tcp6", "[::1]:80", false, true},
		{"loopback mapped to IPv6", "tcp6", "[::ffff:127.0.0.1]:80", false, true},
		{"unspecified, which Linux takes for loopback", "tcp4", "0.0.0.0:80", false, true},
		{"unspecified IPv6", "tcp6", "[::]:80", false, true},
		{"private 10", "tcp4", "10.1.2.3:80", false, true},
		{"private 172", "tcp4", "172.16.0.1:80", false, true},
		{"private 192", "tcp4", "192.168.1.1:80", false, true},
		{"private IPv6", "tcp6", "[fd12:3456::1]:80", false, true},
		{"carrier-grade NAT", "tcp4", "100.64.0.1:80", false, true},
		{"benchmarking", "tcp4", "198.18.0.1:80", false, true},
		{"NAT64 of loopback", "tcp6", "[64:ff9b::7f00:1]:80", false, true},

		{"link-local", "tcp4", "169.254.1.1:80", false, false},
		{"link-local IPv6 with a zone", "tcp6", "[fe80::1%eth0]:80", false, false},
		{"metadata", "tcp4", "169.254.169.254:80", false, false},
		{"metadata mapped to IPv6", "tcp6", "[::ffff:169.254.169.254]:80", false, false},
		{"metadata of containers", "tcp4", "169.254.170.2:80", false, false},
		{"metadata of Azure, a public address", "tcp4", "168.63.129.16:80", false, false},
		{"metadata of Alibaba", "tcp4", "100.100.100.200:80", false, false},
		{"metadata of AWS on IPv6", "tcp6", "[fd00:ec2::254]:80", false, false},

		{"our own endpoint", "tcp4", ours, false, false},
		{"our own endpoint mapped to IPv6", "tcp6", "[::ffff:198.51.100.9]:5432", false, false},
		{"UDP", "udp4", "93.184.216.34:53", false, false},
		{"a Unix socket", "unix", "/run/postgresql/.s.PGSQL.5432", false, false},
		{"no port", "tcp4", "93.184.216.34", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for mode, want := range map[egress.Mode]bool{egress.Public: tt.public, egress.Dev: tt.dev} {
				err := ask(policy(t, mode, ours), tt.network, tt.address)
				if (err == nil) != want {
					t.Errorf("%s allows %s: %t, want %t (%v)", mode, tt.address, err == nil, want, err)
				}
				if err == nil {
					continue
				}
				if !errors.Is(err, egress.ErrDenied) || apperr.CodeOf(err) != apperr.Forbidden {
					t.Errorf("%s refuses %s with %v (%s), want ErrDenied as FORBIDDEN", mode, tt.address, err, apperr.CodeOf(err))
				}
			}
		})
	}
}

// TestOwnEndpoints tries the other addresses by which a machine knows itself.
func TestOwnEndpoints(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, denied, address string
		allowed               bool
	}{
		{"the address itself", "127.0.0.1:5432", "127.0.0.1:5432", false},
		{"another port", "127.0.0.1:5432", "127.0.0.1:5433", true},
		{"by the unspecified address", "127.0.0.1:5432", "0.0.0.0:5432", false},
		{"by another loopback address", "127.0.0.1:5432", "127.0.0.2:5432", false},
		{"by the IPv6 loopback", "127.0.0.1:5432", "[::1]:5432", false},
		{"by an interface", "127.0.0.1:5432", net.JoinHostPort(interfaceAddress(t), "5432"), false},
		{"listening on all, by loopback", "[::]:8080", "127.0.0.1:8080", false},
		{"listening on all, by an interface", "0.0.0.0:8080", net.JoinHostPort(interfaceAddress(t), "8080"), false},
		{"listening on all, the same port elsewhere", "[::]:8080", "10.11.12.13:8080", true},
		{"a server elsewhere, the same port here", "10.11.12.13:5432", "127.0.0.1:5432", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := ask(policy(t, egress.Dev, tt.denied), "tcp", tt.address)
			if (err == nil) != tt.allowed {
				t.Errorf("with %s denied, %s is allowed: %t, want %t (%v)", tt.denied, tt.address, err == nil, tt.allowed, err)
			}
		})
	}
}

func TestDenyAddsToTheList(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Dev)
	const address = "127.0.0.1:6379"
	if err := ask(p, "tcp4", address); err != nil {
		t.Fatalf("before Deny: %v", err)
	}
	p.Deny(netip.MustParseAddrPort(address))
	if err := ask(p, "tcp4", address); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("after Deny: %v, want ErrDenied", err)
	}
}

func TestUnknownMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []egress.Mode{"", "private", "PUBLIC"} {
		if _, err := egress.New(mode); apperr.CodeOf(err) != apperr.InvalidInput {
			t.Errorf("New(%q) = %v, want INVALID_INPUT", mode, err)
		}
	}
}

// TestRedirect follows a redirect from an allowed address to a denied one.
func TestRedirect(t *testing.T) {
	t.Parallel()
	reached := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inside.Close()
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer outside.Close()

	p := policy(t, egress.Dev, strings.TrimPrefix(inside.URL, "http://"))
	transport := &http.Transport{DialContext: p.Dialer(time.Second).DialContext}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, outside.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
	if !errors.Is(err, egress.ErrDenied) || reached {
		t.Errorf("a redirect inside: %v, reached %t; want ErrDenied", err, reached)
	}
}

// TestRebinding dials a name whose second DNS answer is another one.
func TestRebinding(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.NotFoundHandler())
	defer target.Close()
	_, port, err := net.SplitHostPort(target.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dialer := policy(t, egress.Dev).Dialer(5 * time.Second)
	dialer.Resolver = egresstest.Resolver(t, [4]byte{127, 0, 0, 1}, [4]byte{169, 254, 169, 254})
	conn, err := dialer.DialContext(t.Context(), "tcp4", "rebind.test.:"+port)
	if err != nil {
		t.Fatalf("the first answer: %v", err)
	}
	_ = conn.Close()
	conn, err = dialer.DialContext(t.Context(), "tcp4", "rebind.test.:"+port)
	if err == nil {
		_ = conn.Close()
	}
	if !errors.Is(err, egress.ErrDenied) {
		t.Errorf("the second answer: %v, want ErrDenied", err)
	}
}

func policy(t *testing.T, mode egress.Mode, denied ...string) *egress.Policy {
	t.Helper()
	var endpoints []netip.AddrPort
	for _, d := range denied {
		endpoints = append(endpoints, netip.MustParseAddrPort(d))
	}
	p, err := egress.New(mode, endpoints...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask asks the policy as the dialer does before it connects.
func ask(p *egress.Policy, network, address string) error {
	return p.Dialer(time.Second).ControlContext(context.Background(), network, address, nil)
}

// interfaceAddress is an address of this machine that is not loopback.
func interfaceAddress(t *testing.T) string {
	t.Helper()
	nets, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nets {
		prefix, err := netip.ParsePrefix(n.String())
		if err != nil || prefix.Addr().IsLoopback() || prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		return prefix.Addr().String()
	}
	return "127.0.0.3" // a machine without a network
}
