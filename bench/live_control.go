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
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// footprint is what a server process says of itself.
type footprint struct {
	CPU     time.Duration `json:"cpu"`     // used since it began, by getrusage
	RSS     int64         `json:"rss"`     // bytes of memory that it holds
	Sockets int           `json:"sockets"` // open files, sockets among them
}

// whereabouts is the first line that a server under measurement prints.
type whereabouts struct {
	Address string `json:"address"` // 127.0.0.1:8080
	Path    string `json:"path"`    // of the WebSocket
	Feed    string `json:"feed"`    // takes one payload a line over TCP; empty when events come from the database
}

// obeyLines answers each line of the input until it ends, ctx is done or the
// server has failed:
//
//	usage         the footprint
//	collect       the footprint, after all memory that is free went back to the kernel
//	profile FILE  begins a CPU profile
//	stop          ends it
func obeyLines(ctx context.Context, in io.Reader, out io.Writer, failed <-chan error) error {
	defer pprof.StopCPUProfile()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			if err := obeyLine(line, out); err != nil {
				return err
			}
		}
	}
}

func obeyLine(line string, out io.Writer) error {
	switch word, _, _ := strings.Cut(line, " "); word {
	case "collect":
		debug.FreeOSMemory()
	case "usage":
	case "profile", "stop":
		if err := control(line); err != nil {
			return err
		}
	default:
		return fmt.Errorf("there is no command %q", word)
	}
	f, err := ownFootprint()
	if err != nil {
		return err
	}
	return printLine(out, f)
}

func ownFootprint() (footprint, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return footprint{}, fmt.Errorf("read the CPU time: %w", err)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return footprint{}, fmt.Errorf("read the memory: %w", err)
	}
	rss, err := residentOf(string(text))
	if err != nil {
		return footprint{}, err
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return footprint{}, fmt.Errorf("count the open files: %w", err)
	}
	return footprint{CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano()), RSS: rss, Sockets: len(open)}, nil
}

// residentOf reads the second field of /proc/self/statm, which is in pages.
func residentOf(statm string) (int64, error) {
	fields := strings.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("the memory of a process reads %q", statm)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}

func printLine(out io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	if _, err := fmt.Fprintf(out, "%s\n", text); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// actor is a child that prints a line when it is ready, and then answers every
// line with a line of JSON.
type actor struct {
	*process
	lines *lineReader
}

// actOn starts this program, or another one, as an actor on one core and reads
// its first line into ready.
func (b *bench) actOn(ctx context.Context, core int, ready any, program string, args ...string) (*actor, error) {
	lines := newLineReader()
	p, err := startOn(core, b.folder, lines, program, args...)
	if err != nil {
		return nil, err
	}
	a := &actor{process: p, lines: lines}
	if err := a.answer(ctx, readyWithin, ready); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for a process to begin: %w", err), p.stop())
	}
	return a, nil
}

// actAs starts this program in one of its roles.
func (b *bench) actAs(ctx context.Context, core int, ready any, role string, config any) (*actor, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encode the task of a process: %w", err)
	}
	return b.actOn(ctx, core, ready, self, role, string(text))
}

func (a *actor) answer(ctx context.Context, within time.Duration, into any) error {
	line, err := a.awaitLine(ctx, a.lines, within)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(line), into); err != nil {
		return fmt.Errorf("read an answer: %w: %q", err, line)
	}
	return nil
}

// ask sends a line and reads the answer into into.
func (a *actor) ask(ctx context.Context, within time.Duration, line string, into any) error {
	if _, err := io.WriteString(a.input, line+"\n"); err != nil {
		return fmt.Errorf("tell a process to %s: %w: %s", line, err, a.said)
	}
	if err := a.answer(ctx, within, into); err != nil {
		return fmt.Errorf("%.60s: %w", line, err)
	}
	return nil
}

func (a *actor) footprint(ctx context.Context, line string) (footprint, error) {
	var f footprint
	err := a.ask(ctx, 30*time.Second, line, &f)
	return f, err
}
