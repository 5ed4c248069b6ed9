package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The plan's own application is started, used and ended; one that answers
// already is left alone.
func TestRunStartsThePlansApplication(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	address := freeAddress(t)
	plan := writePlan(t, room, fmt.Sprintf(`version: "1"
name: Own application
env: {BASE_URL: "http://%[1]s"}
webServer: {command: [semantest, shop, --listen, "%[1]s"], url: "http://%[1]s/healthz", timeout: 1m}
cases:
  - {id: product, kind: api, steps: [{http: /api/products/MUG-01, check: [{status: 200}]}]}
`, address))
	args := []string{"run", plan, "--output", "out"}
	if r := run(t, launch{room: room, args: args, env: local(t)}); r.code != 0 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("the application still runs")
	}
	shop := start(t, launch{args: []string{"shop", "--listen", address}})
	shop.awaitOutput(t, "The shop is open at")
	if r := run(t, launch{room: room, args: args, env: local(t)}); r.code != 0 {
		t.Errorf("with the application there: %+v", r)
	}
	if status, _ := get(t, "http://"+address+"/healthz", ""); status != 200 {
		t.Errorf("the application that was there answers %d", status)
	}
	shop.stop(t)
}

func TestThePlansApplicationFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, command, timeout string
		code, lines            int
		say                    string
	}{
		{"it is not there", "[no-such-program]", "1m", 2, 1, `webServer: there is no program "no-such-program" on the PATH`},
		{"it ends early", `[sh, -c, "echo cannot open the till; exit 7"]`, "1m", 3, 2, "the program ended before http://ADDRESS/ answered (exit status 7); it said:\ncannot open the till"},
		{"it never answers", `[sleep, "600"]`, "300ms", 3, 1, "webServer: http://ADDRESS/ did not answer within 300ms"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room, address := newRoom(t), freeAddress(t)
			plan := valid + fmt.Sprintf("webServer: {command: %s, url: \"http://%s/\", timeout: %s}\n", tc.command, address, tc.timeout)
			r := run(t, launch{room: room, args: []string{"run", writePlan(t, room, plan)}})
			assertComplaint(t, r, tc.code, tc.lines)
			if want := strings.Replace(tc.say, "ADDRESS", address, 1); !strings.Contains(r.stderr, want) {
				t.Errorf("complains %q, want %q", r.stderr, want)
			}
		})
	}
}

func TestInterruptWhileThePlansApplicationStarts(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	begun := filepath.Join(room, "begun")
	plan := valid + fmt.Sprintf("webServer: {command: [sh, -c, \"touch %s; sleep 600\"], url: \"http://%s/\", timeout: 10m}\n", begun, freeAddress(t))
	p := start(t, launch{room: room, args: []string{"run", writePlan(t, room, plan)}})
	waitFor(t, "the application begins", func() bool {
		_, err := os.Stat(begun)
		return err == nil
	})
	p.signal(t, os.Interrupt)
	r := p.wait(t)
	p.assertNothingLeft(t)
	if r.code != 130 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}
