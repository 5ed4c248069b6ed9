//go:build linux

// Command peers serves the same events by github.com/centrifugal/centrifuge, so
// that the benchmark can compare. It is a module of its own: nothing of it
// belongs to the product. It obeys the benchmark's lines on its input, see
// obeyLines there, and ends with it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
	"golang.org/x/sys/unix"
)

func main() {
	if err := serve(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peers: "+err.Error())
		os.Exit(1)
	}
}

func serve(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: peers CHANNEL")
	}
	node, err := newNode()
	if err != nil {
		return err
	}
	defer func() { _ = node.Shutdown(context.Background()) }()
	viewers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	feed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	const path = "/connection/websocket"
	mux := http.NewServeMux()
	mux.Handle(path, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(viewers) }()
	go func() { failed <- publish(feed, node, args[0]) }()
	defer func() { _ = server.Close() }()
	if err := printLine(out, map[string]any{"address": viewers.Addr().String(), "path": path, "feed": feed.Addr().String()}); err != nil {
		return err
	}
	return obey(in, out, failed)
}

// newNode lets everybody in, as the library's documentation begins.
func newNode() (*centrifuge.Node, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return nil, fmt.Errorf("make the node: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "viewer"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return nil, fmt.Errorf("run the node: %w", err)
	}
	return node, nil
}

func publish(feed net.Listener, node *centrifuge.Node, channel string) error {
	for {
		conn, err := feed.Accept()
		if err != nil {
			return fmt.Errorf("accept the feed: %w", err)
		}
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			payload := append([]byte(nil), lines.Bytes()...) // the node keeps it
			if _, err := node.Publish(channel, payload); err != nil {
				return fmt.Errorf("publish: %w", err)
			}
		}
		_ = conn.Close()
	}
}

func obey(in io.Reader, out io.Writer, failed <-chan error) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	for {
		select {
		case err := <-failed:
			return err
		case line, ok := <-lines:
			if !ok {
				return nil
			}
			if line == "collect" {
				debug.FreeOSMemory()
			}
			f, err := footprint()
			if err != nil {
				return err
			}
			if err := printLine(out, f); err != nil {
				return err
			}
		}
	}
}

func footprint() (map[string]any, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return nil, fmt.Errorf("read the CPU time: %w", err)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil, fmt.Errorf("read the memory: %w", err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return nil, fmt.Errorf("the memory of a process reads %q", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read the memory: %w", err)
	}
	return map[string]any{"cpu": r.Utime.Nano() + r.Stime.Nano(), "rss": pages * int64(os.Getpagesize())}, nil
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
