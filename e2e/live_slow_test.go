package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/semantest/semantest/internal/cli/client"
)

func TestClientsThatDoNotReadHarmNobody(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	const (
		cases         = 1000
		parallel      = 32
		sockets       = 4
		subscriptions = 40 // on each
		maxGrowth     = 64 << 20
		maxLag        = 5 * time.Second // half of what a client that does not read is given
	)
	s.worker(t, parallel)
	id := startRun(t, api.Client, plan(app.URL, "/door", fmt.Sprintf("parallel: %d", parallel), cases))
	var dead []*deafSocket
	for range sockets {
		dead = append(dead, openDeafSocket(t, api, id, subscriptions))
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	const before = 2 + parallel // events until the doors open
	var (
		events []client.Event
		lags   []time.Duration
		seen   atomic.Int64
		ended  = make(chan error, 1)
	)
	go func() {
		ended <- api.Client.Follow(ctx, id, deadline, func(e client.Event) {
			events, lags = append(events, e), append(lags, time.Since(e.At))
			seen.Add(1)
		})
	}()
	waitFor(t, "the client that reads has all that there is", func() bool { return seen.Load() == before })
	peak := watchMemory(t, api.process)
	began := time.Now()
	app.open("/door", all)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	assertEvents(t, events, cases)
	lags = lags[before:]
	slices.Sort(lags)
	p95, worst := lags[len(lags)*95/100], lags[len(lags)-1]
	if worst > maxLag {
		t.Errorf("an event took %s to a client that reads, want %s at most", worst, maxLag)
	}
	waitFor(t, "the clients that do not read were closed", func() bool {
		return !slices.ContainsFunc(dead, func(d *deafSocket) bool { return d.established() })
	})
	first, most := peak()
	if most-first > maxGrowth {
		t.Errorf("the server grew from %d MB to %d MB", first>>20, most>>20)
	}
	t.Logf("%d events in %s: to a reader p95 %s, at most %s; the server grew from %d to %d MB",
		len(events), took.Round(time.Millisecond), p95.Round(time.Millisecond), worst.Round(time.Millisecond), first>>20, most>>20)

	// Who was closed goes on where its last event was.
	numbers := dead[0].drain(t)
	if len(numbers) >= len(events) {
		t.Error("the client that did not read got everything; the test proves nothing")
	}
	err := api.Client.Subscribe(ctx, numbersQuery, map[string]any{"id": id, "after": len(numbers)}, func(data json.RawMessage) error {
		numbers = append(numbers, numberOf(t, data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	assertNumbers(t, numbers, len(events))
}

// deafSocket is a connection whose client subscribes and then does not read.
type deafSocket struct {
	conn   *websocket.Conn
	server string // local and remote address as in /proc/net/tcp
}

func openDeafSocket(t testing.TB, s *server, id string, subscriptions int) *deafSocket {
	t.Helper()
	d := &deafSocket{}
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var set error
		err := raw.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
		return errors.Join(err, set)
	}}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			d.server = procAddress(c.RemoteAddr()) + " " + procAddress(c.LocalAddr())
		}
		return c, err
	}}
	var err error
	d.conn, _, err = websocket.Dial(t.Context(), s.URL+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + s.Token}},
		HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.conn.CloseNow() })
	const query = `subscription($id: ID!) { runEvents(runId: $id) { seq type at runId status resultId caseId caseKey title kind
		attempt outcome error durationMs workerId outcomeCounts { total finished passed failed flaky timedOut errored skipped cancelled } } }`
	messages := []map[string]any{{"type": "connection_init"}}
	for i := range subscriptions {
		messages = append(messages, map[string]any{
			"type": "subscribe", "id": strconv.Itoa(i), "payload": map[string]any{"query": query, "variables": map[string]any{"id": id}},
		})
	}
	for _, m := range messages {
		if err := wsjson.Write(t.Context(), d.conn, m); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// established reports whether the server holds its side of the connection.
func (d *deafSocket) established() bool {
	table, err := os.ReadFile("/proc/net/tcp")
	return err == nil && strings.Contains(string(table), d.server+" 01 ")
}

// drain reads what is left and returns the numbers of the first subscription.
func (d *deafSocket) drain(t testing.TB) (numbers []int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	for {
		var m struct {
			ID, Type string
			Payload  struct{ Data json.RawMessage }
		}
		if err := wsjson.Read(ctx, d.conn, &m); err != nil {
			return numbers
		}
		if m.Type == "next" && m.ID == "0" {
			numbers = append(numbers, numberOf(t, m.Payload.Data))
		}
	}
}

// procAddress writes an IPv4 address as /proc/net/tcp does.
func procAddress(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	ip := tcp.IP.To4()
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], tcp.Port)
}

// watchMemory looks at the resident memory of a process until the returned
// function is called, which tells what it was at first and at most, in bytes.
func watchMemory(t testing.TB, p *process) (peak func() (before, most int64)) {
	t.Helper()
	before := memory(t, p)
	most := before
	done := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				most = max(most, memory(t, p))
			}
		}
	})
	stop := sync.OnceFunc(func() { close(done); loop.Wait() })
	t.Cleanup(stop)
	return func() (int64, int64) {
		stop()
		return before, most
	}
}

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func memory(t testing.TB, p *process) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Errorf("read the memory of %s: %v", p, err)
		return 0
	}
	m := residentLine.FindSubmatch(status)
	if m == nil {
		return 0 // it has ended
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Error(err)
	}
	return kb << 10
}
