//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// visualPeers is the process that holds the others.
type visualPeers struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	there []string
}

// startVisualPeers starts those that are installed, and says which are not.
func startVisualPeers(ctx context.Context, folder string) (*visualPeers, []string, error) {
	const home = "bench/visualpeers"
	p := &visualPeers{}
	var missing []string
	node, err := exec.LookPath("node")
	if err != nil {
		return p, []string{"odiff, blazediff and pixelmatch are skipped: there is no node."}, nil //nolint:nilerr // said in the notes
	}
	p.cmd = exec.CommandContext(ctx, node, "compare.mjs") //nolint:gosec // Node, by its path
	p.cmd.Dir, p.cmd.Stderr = home, os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, nil, fmt.Errorf("speak to node: %w", err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("listen to node: %w", err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start node: %w", err)
	}
	// One that is installed may still not run on this machine.
	self := visualPair{one: filepath.Join(folder, "home.png"), two: filepath.Join(folder, "product.png")}
	for _, name := range []string{"odiff", "blazediff", "pixelmatch"} {
		if _, _, err := p.compare(name, self, filepath.Join(folder, name+".png")); err != nil {
			missing = append(missing, fmt.Sprintf("%s is skipped: %v; `npm ci` in `%s` installs it.", name, err, home))
			continue
		}
		p.there = append(p.there, name)
	}
	return p, missing, nil
}

func (p *visualPeers) comparers() []comparer {
	var out []comparer
	for _, name := range p.there {
		out = append(out, comparer{name, func(_ context.Context, pair visualPair, out string) (int, time.Duration, error) {
			return p.compare(name, pair, out)
		}})
	}
	return out
}

func (p *visualPeers) compare(name string, pair visualPair, out string) (int, time.Duration, error) {
	task, err := json.Marshal(map[string]any{"peer": name, "one": pair.one, "two": pair.two, "out": out, "threshold": 0.2})
	if err != nil {
		return 0, 0, fmt.Errorf("ask %s: %w", name, err)
	}
	if _, err := p.in.Write(append(task, '\n')); err != nil {
		return 0, 0, fmt.Errorf("ask %s: %w", name, err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("hear %s: %w", name, err)
	}
	var told struct {
		Count        int
		Milliseconds float64
		Error        string
	}
	if err := json.Unmarshal(line, &told); err != nil {
		return 0, 0, fmt.Errorf("read the answer of %s: %w", name, err)
	}
	if told.Error != "" {
		return 0, 0, errors.New(told.Error)
	}
	return told.Count, time.Duration(told.Milliseconds * float64(time.Millisecond)), nil
}

func (p *visualPeers) close() error {
	if p.cmd == nil {
		return nil
	}
	err := p.in.Close()
	return errors.Join(err, p.cmd.Wait())
}
