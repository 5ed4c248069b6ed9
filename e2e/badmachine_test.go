package e2e

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mounted changes a launch so that the process sees the machine after a shell
// command has mounted something. Neither this process nor any other one sees
// it.
func mounted(t testing.TB, command string, l launch) launch {
	t.Helper()
	unshare := []string{"--mount"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", append(unshare, "mount", "-t", "tmpfs", "none", "/mnt")...).CombinedOutput(); err != nil {
		t.Skipf("this test needs a mount of its own, which this machine does not allow: %v: %s", err, out)
	}
	l.args = append(append(unshare, "sh", "-c", command+` && exec "$@"`, "sh", binary), l.args...)
	l.program = "/usr/bin/unshare"
	return l
}

func TestFullDiskForArtifacts(t *testing.T) {
	t.Parallel()
	room, app := newRoom(t), openTarget(t)
	full := filepath.Join(room, "full")
	if err := os.Mkdir(full, 0o700); err != nil {
		t.Fatal(err)
	}
	r := run(t, mounted(t, "mount -t tmpfs -o size=64k none "+full, launch{
		room: room, env: append(local(t), "SEMANTEST_ARTIFACTS_URL="+full),
		args: []string{"run", writePlan(t, room, everyOutcome), "--grep", "^(good|bad)$", "--var", "BASE_URL=" + app.URL, "--output", "out"},
	}))
	if r.code != 1 {
		t.Errorf("exit code %d, want 1\n%s%s", r.code, r.stdout, r.stderr)
	}
	got := assertReports(t, filepath.Join(room, "out"))
	if o := got.outcomes(); o["good"] != "passed" || o["bad"] != "failed" {
		t.Errorf("the outcomes are %v", o)
	}
	const why = "no space is left in the artifacts store"
	missing := 0
	for _, res := range got.Results {
		for _, a := range res.Attempts[0].Artifacts {
			missing++
			if a.Path != "" || !strings.Contains(a.Name, why) {
				t.Errorf("the artifact does not say %q: %+v", why, a)
			}
		}
	}
	if missing != 2 { // the body of the answer and the HTTP archive
		t.Errorf("%d artifacts say why they are missing, want two", missing)
	}
}

func TestDataFolderOnAReadOnlyDisk(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	data := filepath.Join(room, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"token", "create"}} {
		r := run(t, mounted(t, "mount -t tmpfs -o ro none "+data, launch{room: room, args: args}))
		assertComplaint(t, r, 2, 1)
		if want := "data folder " + data + " cannot be used; make it writable or choose another with --data-dir"; !strings.Contains(r.stderr, want) {
			t.Errorf("complains %q, want %q", r.stderr, want)
		}
	}
}

// A full disk is met only once there is something to write: Postgres needs
// some 40 MB.
func TestDataFolderOnAFullDisk(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	data := filepath.Join(room, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	l := mounted(t, "mount -t tmpfs -o size=4m,mode=0755 none "+data, launch{room: room, args: []string{"serve", "--listen", "127.0.0.1:0"}})
	if os.Geteuid() != 0 {
		t.Skip("the embedded Postgres cannot run as another user in a namespace of this one")
	}
	r := run(t, l)
	assertComplaint(t, r, 3, 1)
	if !strings.Contains(r.stderr, "No space left on device") || !strings.Contains(r.stderr, data) {
		t.Errorf("complains %q", r.stderr)
	}
}

func TestPostgresIsNotInstalled(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can hide the Postgres of the machine and still be allowed to start one")
	}
	room := newRoom(t)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"demo"}, {"run", writePlan(t, room, valid)}} {
		l := mounted(t, "mount -t tmpfs none /usr/lib/postgresql", launch{room: room, args: args, env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}})
		r := run(t, l)
		r.stdout = "" // the demo has opened its shop
		assertComplaint(t, r, 3, 1)
		if want := "is not installed; install it (apt-get install postgresql), or set SEMANTEST_DATABASE_URL"; !strings.Contains(r.stderr, want) {
			t.Errorf("%v complains %q, want %q", args, r.stderr, want)
		}
	}
}

func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	good := database(t)
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	other := *u
	other.Path = "/nowhere"
	stranger := *u
	stranger.User = url.UserPassword("mallory", "hunter2-secret")
	for name, address := range map[string]string{"no such database": other.String(), "no such role": stranger.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"migrate"}} {
				r := run(t, launch{args: args, env: []string{"SEMANTEST_DATABASE_URL=" + address}})
				assertComplaint(t, r, 2, 1)
				if !strings.Contains(r.stderr, "the database refuses us; correct the database address") || !strings.Contains(r.stderr, "does not exist") || strings.Contains(r.stderr, "hunter2") {
					t.Errorf("%v complains %q", args, r.stderr)
				}
			}
		})
	}
}
