package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

var discard = slog.New(slog.DiscardHandler)

// harm lets things go wrong, one after the other, and leaves everything running.
func (f *fleet) harm(ctx context.Context, rng *rand.Rand) {
	var later sync.WaitGroup
	defer later.Wait()
	after := func(d time.Duration, do func()) { later.Go(func() { pause(ctx, d); do() }) }
	end := time.Now().Add(f.lasts)
	outage := time.Now().Add(f.lasts / 2)
	if f.away == 0 {
		outage = end.Add(time.Hour)
	}
	for time.Now().Before(end) {
		// All is drawn before it is known who lives: so a seed gives one sequence.
		wait := f.every/2 + rand.N(f.every)
		what, who, down := rng.IntN(100), rng.IntN(1000), time.Duration(200+rng.IntN(4000))*time.Millisecond
		if !pause(ctx, wait) {
			return
		}
		if time.Now().After(outage) {
			outage = end.Add(time.Hour)
			f.struck("postgres restarted")
			later.Go(func() { f.restartPostgres(ctx) })
		}
		worker, api := f.workers[who%len(f.workers)], f.apis[who%len(f.apis)]
		switch {
		case what < 35:
			f.strike(worker, syscall.SIGKILL, down)
		case what < 50:
			f.strike(worker, syscall.SIGTERM, down)
		case what < 57:
			if thaw := worker.freeze(); thaw != nil {
				f.struck("worker frozen")
				after(frozenFor, thaw)
			}
		case what < 77:
			f.strike(api, syscall.SIGKILL, down)
		case what < 87:
			f.strike(api, syscall.SIGTERM, down)
		case what < 95:
			f.strike(f.redis, syscall.SIGKILL, down)
		default:
			if f.emptyRedis(ctx) == nil { // it may be down just now
				f.struck("redis emptied")
			}
		}
	}
}

func (f *fleet) strike(s *service, signal syscall.Signal, down time.Duration) {
	if s.strike(signal, down) {
		f.struck(strings.TrimRight(s.name, " 0123456789") + " " + signal.String())
	}
}

func (f *fleet) restartPostgres(ctx context.Context) {
	f.stopPostgres()
	pause(ctx, f.away)
	f.startPostgres()
}

func (f *fleet) emptyRedis(ctx context.Context) error {
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + f.redis.launch.args[1], MaxRetries: -1})
	defer func() { _ = c.Close() }()
	return c.FlushAll(ctx).Err()
}

func (f *fleet) struck(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count[what]++
}

func (f *fleet) strikes() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.count {
		n += c
	}
	return n
}

func (f *fleet) record() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(f.count)) {
		out = append(out, fmt.Sprintf("%d × %s", f.count[what], what))
	}
	return strings.Join(out, ", ")
}

// service is a process that is started again whenever it ends, as an init
// system does.
type service struct {
	name   string
	launch launch
	ready  string // what it says when it serves
	t      testing.TB
	kept   sync.WaitGroup
	over   chan struct{}

	mu      sync.Mutex
	process *process // the newest
	struck  bool     // the newest was told to end
	down    time.Duration
	frozen  bool
	closed  bool
	nth     int
}

// keep starts a service, which ends with the test.
func keep(t testing.TB, name string, l launch, ready string) *service {
	t.Helper()
	l.room = newRoom(t)
	s := &service{name: name, launch: l, ready: ready, t: t, over: make(chan struct{})}
	s.kept.Go(s.loop)
	t.Cleanup(s.close)
	return s
}

func (s *service) loop() {
	for {
		p := s.begin()
		if p == nil {
			return
		}
		<-p.done
		s.judge(p)
		s.mu.Lock()
		down := s.down
		s.mu.Unlock()
		select {
		case <-s.over:
		case <-time.After(down):
		}
	}
}

// begin starts the process, unless the service is over.
func (s *service) begin() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	p, err := begin(s.launch)
	if err != nil {
		s.t.Errorf("%s: %v", s.name, err)
		return nil
	}
	s.nth++
	s.process, s.struck, s.frozen, s.down = p, false, false, 200*time.Millisecond
	return p
}

// excuse is what a process may say that ends by itself: its port is still
// taken, or it cannot start without a database.
var excuse = regexp.MustCompile(`database does not answer|address already in use|database system is`)

// judge complains of a process that ended as none should.
func (s *service) judge(p *process) {
	s.mu.Lock()
	struck, nth := s.struck, s.nth
	s.mu.Unlock()
	said := p.stderr.text()
	if dir := os.Getenv("SEMANTEST_FAULTS_LOGS"); dir != "" {
		file := filepath.Join(dir, fmt.Sprintf("%s-%d.log", strings.ReplaceAll(s.name, " ", "-"), nth))
		if err := os.WriteFile(file, []byte(p.said()), 0o600); err != nil {
			s.t.Errorf("keep the log: %v", err)
		}
	}
	if regexp.MustCompile(`(?m)^(panic:|fatal error:|WARNING: DATA RACE)`).MatchString(said) {
		s.t.Errorf("%s broke down\n%s", s.name, said)
		return
	}
	if state := p.cmd.ProcessState; !struck && !excuse.MatchString(said) {
		s.t.Errorf("%s ended by itself (%s)\n%s", s.name, state, said)
	}
}

func (s *service) now() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

func (s *service) awaitReady(t testing.TB) {
	t.Helper()
	waitFor(t, s.name+" is ready", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		p := s.process
		return p != nil && !p.ended(0) && !s.struck && strings.Contains(p.stdout.text()+p.stderr.text(), s.ready)
	})
}

// strike ends the process; another one is started after a while. It reports
// whether there was one to end.
func (s *service) strike(signal syscall.Signal, down time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.ended(0) || s.frozen {
		return false
	}
	s.struck, s.down = true, down
	return s.process.cmd.Process.Signal(signal) == nil
}

// freeze stops the process until thaw is called. It returns nil where there is
// none to stop.
func (s *service) freeze() (thaw func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.process.ended(0) || s.frozen || s.struck {
		return nil
	}
	p := s.process
	if p.cmd.Process.Signal(syscall.SIGSTOP) != nil {
		return nil
	}
	s.frozen = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		s.frozen = false
	}
}

// finish asks the process to end and checks that it does so in order.
func (s *service) finish(t testing.TB) {
	t.Helper()
	s.awaitReady(t)
	s.retire()
	p := s.now()
	s.strike(syscall.SIGTERM, 0)
	if r := p.wait(t); r.code != 0 {
		t.Errorf("%s ends with %d\n%s", s.name, r.code, r.stderr)
	}
	p.assertNothingLeft(t)
}

// retire lets no further process be started.
func (s *service) retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.over)
	}
}

// close ends what is left, whatever state it is in.
func (s *service) close() {
	s.retire()
	s.mu.Lock()
	s.struck = true
	p := s.process
	s.mu.Unlock()
	if p != nil && !p.ended(0) {
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		if !p.ended(40 * time.Second) {
			_ = p.cmd.Process.Kill()
		}
	}
	s.kept.Wait()
}

// pause reports whether the time passed before the context ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func redisProgram(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("this test needs redis-server: apt-get install redis-server")
	}
	return program
}
