package e2e

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/store/storetest"
)

// deadline is how long anything may take before a test calls it stuck. It says
// nothing about speed: the machine may be busy.
const deadline = 2 * time.Minute

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	// Orphans of a process that we end become our children, so that none can
	// slip away by losing its parent.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return complain("adopt orphans", err)
	}
	// Below a folder that anyone may enter: the embedded Postgres of a root
	// runs as another user.
	dir, err := os.MkdirTemp("", "st-e2e-")
	if err != nil {
		return complain("make a folder", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "semantest")
	build := exec.Command("go", "build", "-ldflags=-w", "-o", binary, ".") // ends with the build
	build.Dir, build.Stdout, build.Stderr = "..", os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return complain("build the program", err)
	}
	overlap()
	code := m.Run()
	if err := storetest.Stop(); err != nil {
		code = max(code, complain("stop the Postgres of the tests", err))
	}
	if left := strangers(); len(left) > 0 {
		code = max(code, complain("end the tests", fmt.Errorf("processes are left: %v", left)))
	}
	return code
}

// overlap lets more tests run at once than there are cores, unless -parallel
// says how many: most of the time they wait.
func overlap() {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // go test defines it
	}
}

func complain(what string, err error) int {
	fmt.Fprintf(os.Stderr, "e2e: %s: %v\n", what, err)
	return 1
}

// newRoom makes a folder for one process or several that belong together: their
// HOME, TMPDIR and data folder lie in it. Unlike t.TempDir, other users may
// enter it, as root's Postgres must, and its path is short enough for sockets.
func newRoom(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "st-e2e-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("something still writes into the room: %v", err)
		}
	})
	for _, path := range []string{dir, filepath.Join(dir, "tmp")} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil { // MkdirTemp closes it
			t.Fatal(err)
		}
	}
	return dir
}

// database returns the address of a fresh database in the Postgres that all
// tests share.
func database(t testing.TB) string {
	t.Helper()
	return storetest.URL(t)
}

// ownPostgres starts a Postgres for one test that needs many connections or
// that harms it, and returns it with the address of an empty database.
func ownPostgres(t testing.TB) (*embedded.Postgres, string) {
	t.Helper()
	pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start a Postgres: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := pg.Stop(ctx); err != nil {
			t.Errorf("stop the Postgres of the test: %v", err)
		}
	})
	if err := pg.CreateDatabase(t.Context(), "e2e", ""); err != nil {
		t.Fatal(err)
	}
	return pg, pg.URL("e2e")
}

// redisServer is a real redis-server that a test may stop and start again on
// the same address.
type redisServer struct {
	port    string
	dir     string
	process *process
}

// startRedis starts a redis-server on a free port; it ends with the test.
func startRedis(t testing.TB) *redisServer {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	r := &redisServer{port: port, dir: newRoom(t)}
	r.start(t)
	return r
}

func (r *redisServer) URL() string { return "redis://127.0.0.1:" + r.port + "/0" }

func (r *redisServer) start(t testing.TB) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("this test needs redis-server: apt-get install redis-server")
	}
	r.process = start(t, launch{
		program: program, room: r.dir,
		args: []string{"--port", r.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", r.dir},
	})
	r.process.awaitOutput(t, "Ready to accept connections")
}

// stop ends it as an administrator does: at once, with all that it held.
func (r *redisServer) stop(t testing.TB) {
	t.Helper()
	r.process.kill(t)
}

// openShop serves the sample shop from this process and returns its address.
func openShop(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, closeShop := context.WithCancel(context.Background())
	shut := make(chan error, 1)
	go func() { shut <- shop.Serve(ctx, ln) }()
	t.Cleanup(func() {
		closeShop()
		if err := <-shut; err != nil {
			t.Errorf("close the shop: %v", err)
		}
	})
	return "http://" + ln.Addr().String()
}

// freeAddress returns a loopback address on which nothing listens, below the
// ports that the kernel hands out by itself. Prefer port 0 where the program can
// say which one it got.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if ln, err := net.Listen("tcp", address); err == nil {
			_ = ln.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// closedAddress returns a loopback address that refuses connections until the
// test ends: its port is taken, and nobody listens.
func closedAddress(t testing.TB) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", bound.(*unix.SockaddrInet4).Port)
}

// waitFor returns when the condition holds.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// server is a running `semantest serve`.
type server struct {
	*process
	URL, Token string
	Client     *client.Client
}

// serve starts `semantest serve` on a free port and returns when it is ready.
func serve(t testing.TB, l launch) *server {
	t.Helper()
	l.args = append([]string{"serve", "--listen", "127.0.0.1:0"}, l.args...)
	s := &server{process: start(t, l)}
	s.URL = s.awaitMatch(t, `Semantest is ready at (\S+)`)
	file := s.awaitMatch(t, `API token +(\S+)\n`)
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.Token = string(token[:len(token)-1]) // a line
	s.Client = clientOf(t, s.URL, s.Token)
	return s
}

// clientOf returns a client of the server at an address.
func clientOf(t testing.TB, url, token string) *client.Client {
	t.Helper()
	c, err := client.New(url, token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// work starts `semantest work`; its worker is known to the server a moment
// later.
func work(t testing.TB, l launch) *process {
	t.Helper()
	l.args = append([]string{"work"}, l.args...)
	return start(t, l)
}

// follow returns all events of a run in the order of their coming, once it has
// ended.
func follow(t testing.TB, c *client.Client, runID string) []client.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var out []client.Event
	if err := c.Follow(ctx, runID, deadline, func(e client.Event) { out = append(out, e) }); err != nil {
		t.Fatalf("follow run %s: %v", runID, err)
	}
	return out
}
