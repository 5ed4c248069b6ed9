package signature_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/failures/signature"
)

func check(name, message string) signature.Failure {
	return signature.Failure{Outcome: "failed", Action: "http", Step: "GET /orders", Check: name, Message: message, Before: 1}
}

// Data does not move a signature, and another failure does.
func TestSame(t *testing.T) {
	t.Parallel()
	click := func(message string) signature.Failure {
		return signature.Failure{Outcome: "failed", Action: "click", Step: `click button "Pay"`, Error: message, Before: 2}
	}
	for name, c := range map[string]struct {
		a, b signature.Failure
		same bool
	}{
		"other numbers":                    {check("status equals 200", "took 1203 ms, 17 items"), check("status equals 200", "took 88 ms, 3 items"), true},
		"other ids":                        {check("body", "order ord_01h455vb4pex5vsknk084sn02q is missing"), check("body", "order ord_01h455vb4pex5vsknk084sn02r is missing"), true},
		"other UUIDs":                      {check("body", "no 6f1c1a1e-8c4e-4a53-9d63-000000000001"), check("body", "no 6F1C1A1E-8C4E-4A53-9D63-AAAAAAAAAAAA"), true},
		"other addresses":                  {check("body", "http://a.test/x?y=1 is gone"), check("body", "https://b.test:8443/z is gone"), true},
		"other times":                      {check("body", "since 2026-03-09T06:01:00Z"), check("body", "since 2027-12-31T23:59:59.123+01:00"), true},
		"other texts in quotes":            {check("$.name", `got "Ada", want "Grace"`), check("$.name", `got "Linus \"L\"", want ""`), true},
		"other mails":                      {check("body", "ada@shop.test is unknown"), check("body", "grace.h@mail.shop.test is unknown"), true},
		"another second line":              {check("body", "it differs\n-a"), check("body", "it differs\n+b"), true},
		"another check":                    {check("status equals 200", "no"), check("status equals 201", "no"), false},
		"another sentence":                 {check("body", "it is missing"), check("body", "it is late"), false},
		"another status":                   {check("status equals 200", "status is 500, expected 200"), check("status equals 200", "status is 404, expected 200"), false},
		"another locator":                  {click("no element matches"), signature.Failure{Outcome: "failed", Action: "click", Step: `click button "Buy"`, Error: "no element matches", Before: 2}, false},
		"another host of an operation":     {signature.Failure{Step: "GET http://a.test/orders/17", Error: "x"}, signature.Failure{Step: "GET http://b.test:81/orders/4711", Error: "x"}, true},
		"another operation":                {signature.Failure{Step: "GET /orders/17", Error: "x"}, signature.Failure{Step: "GET /carts/17", Error: "x"}, false},
		"a target that is away":            {signature.Failure{Step: "GET /a", Error: "dial tcp 127.0.0.1:81: connect: connection refused"}, signature.Failure{Step: "POST /b", Action: "http", Error: "http://x.test:9 refused: connection refused"}, true},
		"away in different ways":           {signature.Failure{Error: "connection refused"}, signature.Failure{Error: "no such host"}, false},
		"a timeout and a failed check":     {signature.Failure{Outcome: "timed_out", Error: "x"}, signature.Failure{Outcome: "failed", Error: "x"}, false},
		"nothing is told":                  {signature.Failure{}, signature.Failure{Outcome: "errored"}, true},
		"space alone":                      {check("a  b", " x\ty "), check("a b", "x y"), true},
		"a number in a path that is an id": {signature.Failure{Step: "GET /v2/orders/a1b2?page=3", Error: "x"}, signature.Failure{Step: "GET /v2/orders/c3d4", Error: "x"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := signature.Of(c.a), signature.Of(c.b)
			if (a.Hash == b.Hash) != c.same {
				t.Errorf("same is %t, want %t:\n%+v\n%+v", a.Hash == b.Hash, c.same, a, b)
			}
		})
	}
}

// stable is the hash of a known failure.
const stable = "a9707a695948b1a0"

// The hash is stored: a change of the rules is a new version.
func TestStable(t *testing.T) {
	t.Parallel()
	got := signature.Of(check("status equals 200", "status is 500, expected 200"))
	want := signature.Signature{Hash: got.Hash, Code: "status_500", Check: "status equals 200", Operation: "GET /orders", Title: "status is <n>, expected <n>"}
	if got != want || got.Hash != stable {
		t.Errorf("got %+v, want hash %s", got, stable)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f    signature.Failure
		want signature.Cause
		rule string
	}{
		"refused":                   {signature.Failure{Error: "dial tcp: connection refused"}, signature.Environment, "connection-refused"},
		"no host":                   {signature.Failure{Error: "lookup shop.test: no such host"}, signature.Environment, "unknown-host"},
		"TLS":                       {signature.Failure{Error: "x509: certificate has expired"}, signature.Environment, "tls"},
		"500 of the target":         {check("status equals 200", "status is 500, expected 200"), signature.ProductFault, "server-error"},
		"502 of a gateway":          {check("status equals 200", "status is 502, expected 200"), signature.Dependency, "gateway-status"},
		"503":                       {check("status equals 200", "status is 503, expected 200"), signature.Environment, "unavailable-status"},
		"404 may be anything":       {check("status equals 200", "status is 404, expected 200"), signature.Unknown, ""},
		"a 500 that was expected":   {check("status equals 500", "status is 200, expected 500"), signature.Unknown, ""},
		"a stale locator":           {signature.Failure{Outcome: "failed", Action: "click", Error: `no element matches button "Pay" within 5s`, Before: 3}, signature.TestFault, "locator-on-a-good-page"},
		"a locator on no page":      {signature.Failure{Outcome: "failed", Action: "click", Error: `no element matches button "Pay" within 5s`}, signature.Unknown, ""},
		"an expectation":            {signature.Failure{Outcome: "failed", Check: "heading is visible", Message: "no element matches heading", Before: 3}, signature.Unknown, ""},
		"a limit":                   {signature.Failure{Outcome: "timed_out", Error: "still waiting"}, signature.Timing, "timed-out"},
		"passed when tried again":   {signature.Failure{Outcome: "passed_later", Error: "connection refused"}, signature.Timing, "passed-when-tried-again"},
		"a worker":                  {signature.Failure{Outcome: "errored", Error: "the executor failed unexpectedly; its log has the details"}, signature.Infrastructure, "worker-failed"},
		"a wrong value":             {check("$.total", `got 12, want 13`), signature.Unknown, ""},
		"nothing":                   {signature.Failure{}, signature.Unknown, ""},
		"a text that quotes a word": {check("$.text", `got "status"`), signature.Unknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := signature.CauseOf(c.f)
			if got.Cause != c.want || got.Rule != c.rule || got.Why == "" {
				t.Errorf("got %+v, want %s by %q", got, c.want, c.rule)
			}
			if text := c.f.Error + c.f.Message; !strings.Contains(text, got.Quote) {
				t.Errorf("%q is not what the failure says", got.Quote)
			}
		})
	}
}

// Whatever the data are, they do not move a signature; and a check of another name
// always does.
func TestProperties(t *testing.T) {
	t.Parallel()
	neutral := func(n, m uint32, text, other string) bool {
		of := func(n uint32, text string) signature.Failure {
			text = strings.Map(func(r rune) rune {
				if r == '"' || r == '\\' || r == '\n' {
					return -1
				}
				return r
			}, text)
			return check("$.total equals the sum", fmt.Sprintf("got %d of \"%.40s\" at http://h%d.test/p", n, text, n))
		}
		return signature.Of(of(n, text)).Hash == signature.Of(of(m, other)).Hash
	}
	if err := quick.Check(neutral, nil); err != nil {
		t.Error(err)
	}
	told := func(a, b uint8) bool {
		name := func(n uint8) string { return "check " + string(rune('a'+n%26)) + string(rune('a'+n/26)) }
		same := signature.Of(check(name(a), "no")).Hash == signature.Of(check(name(b), "no")).Hash
		return same == (a == b)
	}
	if err := quick.Check(told, nil); err != nil {
		t.Error(err)
	}
}

func FuzzOf(f *testing.F) {
	f.Add("failed", "x", "status equals 200", "status is 500", "http", "GET /a/1", 1)
	f.Add("errored", "\xff\x00\"", "", "", "", "http://[::1", 0)
	f.Fuzz(func(t *testing.T, outcome, problem, check, message, action, step string, before int) {
		in := signature.Failure{Outcome: outcome, Error: problem, Check: check, Message: message, Action: action, Step: step, Before: before}
		a, b := signature.Of(in), signature.Of(in)
		if a != b || len(a.Hash) != 16 || a.Title == "" || len(a.Title) > 600 || !utf8.ValidString(a.Title+a.Operation+a.Check) {
			t.Errorf("got %+v and %+v", a, b)
		}
		v := signature.CauseOf(in)
		if v.Why == "" || (v.Rule == "") != (v.Cause == signature.Unknown) {
			t.Errorf("got %+v", v)
		}
	})
}
