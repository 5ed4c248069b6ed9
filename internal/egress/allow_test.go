package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
)

func TestParseAllowed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, want string // as it is written again; or the sentence about what is wrong
	}{
		{"10.1.0.0/16:8080", "10.1.0.0/16:8080"},
		{"10.1.0.0/16", "10.1.0.0/16"},
		{"192.168.1.5", "192.168.1.5/32"},
		{" 192.168.1.5:443 ", "192.168.1.5/32:443"},
		{"::ffff:192.168.1.5", "192.168.1.5/32"},
		{"fd00::/8:443", "[fd00::/8]:443"},
		{"[fd00::/8]:443", "[fd00::/8]:443"},
		{"fd00::/8", "fd00::/8"},
		{"fd00::1", "fd00::1/128"},
		{"[fd00::1]", "fd00::1/128"},
		{"[fd00::1]:443", "[fd00::1/128]:443"},
		{"0.0.0.0/0", "0.0.0.0/0"},

		{"", "is no address"},
		{"shop.internal", "is a name, and only addresses can be listed"},
		{"shop.internal:80", "is a name, and only addresses can be listed"},
		{"10.1.2.3/16", "is an address within a network; the network is 10.1.0.0/16"},
		{"10.1.0.0/33", "is no network"},
		{"10.1.0/16", "is no network"},
		{"::ffff:10.0.0.0/104", "is an IPv4 network in IPv6 form"},
		{"10.1.0.0/16:0", "has no port from 1 to 65535"},
		{"10.1.0.0/16:65536", "has no port from 1 to 65535"},
		{"10.1.0.5:", "has no port from 1 to 65535"},
		{"10.1.0.5:http", "has no port from 1 to 65535"},
		{"[fd00::1]443", "has something else than a port after its bracket"},
		{"[fd00::1", "is no address"},
		{"fe80::1%eth0", "has a zone"},
		{"10.0.0.5-10.0.0.9", "is no address"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			list, err := egress.ParseAllowed([]string{tt.in})
			if err != nil {
				if apperr.CodeOf(err) != apperr.InvalidInput || !strings.Contains(apperr.Message(err), tt.want) {
					t.Errorf("refused with %v, want INVALID_INPUT and %q", err, tt.want)
				}
				return
			}
			if got := list[0].String(); got != tt.want {
				t.Errorf("read as %s, want %s", got, tt.want)
			}
		})
	}
	if _, err := egress.ParseAllowed(make([]string, 1001)); apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("a list of 1001: %v, want INVALID_INPUT", err)
	}
}

// TestAllowed asks a public policy with a list.
func TestAllowed(t *testing.T) {
	t.Parallel()
	list, err := egress.ParseAllowed([]string{
		"10.1.0.0/16:8080", "192.168.1.5", "[fd00::/8]:443", "169.254.0.0/16", "0.0.0.0/0:5432", "127.0.0.1", "64:ff9b::/96",
	})
	if err != nil {
		t.Fatal(err)
	}
	p := policy(t, egress.Public, "127.0.0.1:5432", "[::]:9090")
	p.Allow(list)
	for address, want := range map[string]bool{
		"10.1.2.3:8080":                       true,
		"10.1.2.3:8081":                       false,
		"10.2.0.1:8080":                       false,
		"192.168.1.5:1":                       true,
		"192.168.1.6:1":                       false,
		"[::ffff:192.168.1.5]:1":              true,
		"[fd00::7]:443":                       true,
		"[fd00::7]:444":                       false,
		"[fd00:ec2::254]:443":                 false, // metadata, though listed
		"169.254.1.1:80":                      false, // link-local, though listed
		"169.254.169.254:80":                  false,
		"[64:ff9b::a9fe:a9fe]:80":             false, // metadata through NAT64
		"127.0.0.1:80":                        true,
		"127.0.0.1:5432":                      false, // our own, though listed twice
		interfaceAddress(t) + ":5432":         false,
		"127.0.0.1:9090":                      false,
		"93.184.216.34:443":                   true,
		"[2606:2800:220:1::1]:443":            true,
		"[2002:0a01:0203::1]:8080":            false, // 6to4 of a listed address is not that address
		"[2001:0:4136:e378:8000:63bf:0:0]:80": false,
	} {
		if err := ask(p, "tcp", address); (err == nil) != want {
			t.Errorf("%s is allowed: %t, want %t (%v)", address, err == nil, want, err)
		}
	}
}

// TestAdvice tells people what they can do, and not where they can do nothing.
func TestAdvice(t *testing.T) {
	t.Parallel()
	p := policy(t, egress.Public, "127.0.0.1:5432")
	for address, want := range map[string]string{
		"10.0.0.1:80":        "the egress policy (public) does not allow 10.0.0.1:80; an administrator can list it in --egress-allow, or start",
		"169.254.169.254:80": "the egress policy (public) does not allow 169.254.169.254:80; it is an address of cloud metadata, or link-local: it is never allowed",
		"127.0.0.1:5432":     "the egress policy (public) does not allow 127.0.0.1:5432; it is an endpoint of this server itself: it is never allowed",
	} {
		if got := apperr.Message(ask(p, "tcp", address)); !strings.HasPrefix(got, want) {
			t.Errorf("about %s:\n%s\nwant\n%s", address, got, want)
		}
	}
}

func FuzzParseAllowed(f *testing.F) {
	for _, seed := range []string{
		"10.1.0.0/16:8080", "192.168.1.5", "fd00::/8:443", "[fd00::1]:443", "[::]:1", "::1", "0.0.0.0/0", "fe80::1%eth0", "a:1", "/:", "[/8]:1",
		"::ffff:10.0.0.0/104",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := egress.ParseAllowed([]string{text})
		if err != nil {
			if apperr.CodeOf(err) != apperr.InvalidInput {
				t.Fatalf("%q: %v, want INVALID_INPUT", text, err)
			}
			return
		}
		again, err := egress.ParseAllowed([]string{list[0].String()})
		if err != nil {
			t.Fatalf("%q is written as %q, which is refused: %v", text, list[0], err)
		}
		if diff := cmp.Diff(list, again, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%q changes when it is written and read (-read +again):\n%s", text, diff)
		}
		if !list.Contain(list[0].Prefix.Addr(), list[0].Port) {
			t.Errorf("%q does not contain its own address", text)
		}
	})
}
