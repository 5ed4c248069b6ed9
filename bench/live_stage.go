//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/semantest/semantest/bench/viewers"
)

// stage is what the live benchmarks perform on: the stores and the viewers on
// one core, the server under measurement alone on another one.
type stage struct {
	b      *bench
	server int // cores
	others int
	stores *actor
	opened opened
}

func (b *bench) openStage(ctx context.Context) (*stage, error) {
	s := &stage{b: b}
	var err error
	if s.server, s.others, err = cores(); err != nil {
		return nil, err
	}
	folder, err := b.newFolder("stores")
	if err != nil {
		return nil, err
	}
	s.stores, err = b.actAs(ctx, s.others, &s.opened, asStores, stores{Folder: folder})
	return s, err
}

func (s *stage) close() error { return s.stores.stop() }

// contender is a server to be measured.
type contender struct {
	name     string
	protocol viewers.Protocol
	id       string  // of every subscription; empty for a UUID each
	most     float64 // of its CPU time that ours may take
	start    func(ctx context.Context, s *stage) (*actor, whereabouts, error)
}

func ours() contender {
	return contender{name: "ours", protocol: viewers.GraphQL, start: inRole(asOurs)}
}

func stock() contender {
	return contender{name: "gqlgen's own transport", protocol: viewers.GraphQL, most: mostOfStock, start: inRole(asStock)}
}

func bareWrites() contender {
	return contender{name: "bare `write(2)`", protocol: viewers.GraphQL, id: floorID, most: mostOfFloor, start: inRole(asFloor)}
}

func centrifuge(program string) contender {
	return contender{
		name: "centrifuge, JSON", protocol: viewers.Centrifuge, most: mostOfCentrifuge,
		start: func(ctx context.Context, s *stage) (*actor, whereabouts, error) {
			var w whereabouts
			a, err := s.b.actOn(ctx, s.server, &w, program, s.opened.RunID)
			return a, w, err
		},
	}
}

// inRole starts this program as a server.
func inRole(role string) func(context.Context, *stage) (*actor, whereabouts, error) {
	return func(ctx context.Context, s *stage) (*actor, whereabouts, error) {
		var w whereabouts
		folder, err := s.b.newFolder(role)
		if err != nil {
			return nil, w, err
		}
		task := s.opened.stores
		task.Folder = folder
		a, err := s.b.actAs(ctx, s.server, &w, role, task)
		return a, w, err
	}
}

// buildPeers builds the server of the other libraries, which is a module of its
// own so that the product depends on none of them.
func (b *bench) buildPeers(ctx context.Context) (string, error) {
	const folder = "bench/peers"
	if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
		return "", fmt.Errorf("the benchmark runs in the root of the repository: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("not built within 5 min"))
	defer cancel()
	program := filepath.Join(b.folder, "peers")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".") //nolint:gosec // our own program
	build.Dir = folder
	build.Env = append(os.Environ(), "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, firstOf(string(text)))
	}
	return program, nil
}

// firstOf returns the first line that says something.
func firstOf(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// performance is a server with its viewers.
type performance struct {
	server *actor
	crowd  *actor
	empty  footprint // before the first viewer came
}

// begin starts a server and a process of viewers.
func (s *stage) begin(ctx context.Context, c contender) (_ *performance, err error) {
	server, where, err := c.start(ctx, s)
	if err != nil {
		return nil, err
	}
	var ready delivered
	crowd, err := s.b.actAs(ctx, s.others, &ready, asCrowd, crowdTask{
		Where: where, Protocol: c.protocol, ID: c.id, Stores: s.opened.stores, RunID: s.opened.RunID, Token: s.opened.Token,
	})
	if err != nil {
		return nil, errors.Join(err, server.stop())
	}
	w := &performance{server: server, crowd: crowd}
	if w.empty, err = server.footprint(ctx, "collect"); err != nil {
		return nil, errors.Join(err, w.end())
	}
	return w, nil
}

// end stops both. A server that has just lost its viewers may be busy with that
// for a while.
func (w *performance) end() error { return errors.Join(w.crowd.stop(), w.server.stop()) }

// order tells the viewers what to do and returns what came of it.
func (w *performance) order(ctx context.Context, within time.Duration, o order) (delivered, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return delivered{}, fmt.Errorf("encode an order: %w", err)
	}
	var d delivered
	if err := w.crowd.ask(ctx, within, string(text), &d); err != nil {
		return d, err
	}
	if d.Error != "" {
		return d, fmt.Errorf("%s: %s", o.Do, d.Error)
	}
	return d, nil
}

// measured is an order together with what it cost the server.
type measured struct {
	delivered
	cpu time.Duration // of the server
}

func (m measured) perMessage() time.Duration {
	return m.cpu / time.Duration(max(m.Messages, 1))
}

// perSecond is how many messages were delivered in a second.
func (m measured) perSecond() float64 { return float64(m.Messages) / m.Took.Seconds() }

func (w *performance) measure(ctx context.Context, o order) (measured, error) {
	before, err := w.server.footprint(ctx, "usage")
	if err != nil {
		return measured{}, err
	}
	d, err := w.order(ctx, o.For+2*arriveWithin, o)
	if err != nil {
		return measured{}, err
	}
	after, err := w.server.footprint(ctx, "usage")
	return measured{d, after.CPU - before.CPU}, err
}
