//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // WebSocket's handshake asks for it
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// floorID is the id of every subscription there: the frame is the same for all.
const floorID = "4f0f5f0c-8f4e-4d56-9c3a-6a5f3a1d7b21"

// floorAnswer tells a viewer that it gets the events from now on.
const floorAnswer = `{"type":"subscribed"}`

// floor is what no server can do better without merging: one frame, put together
// once for each event, and one write(2) of it for each socket.
type floor struct {
	mu      sync.Mutex
	sockets []int
	held    []net.Conn // so that the sockets stay open
}

func serveFloor(ctx context.Context, in io.Reader, out io.Writer) error {
	viewers, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = viewers.Close() }()
	feed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = feed.Close() }()
	f := &floor{}
	failed := make(chan error, 1)
	go f.welcome(viewers)
	go func() { failed <- takeFeed(feed, f.publish) }()
	if err := printLine(out, whereabouts{Address: viewers.Addr().String(), Path: "/", Feed: feed.Addr().String()}); err != nil {
		return err
	}
	return obeyLines(ctx, in, out, failed)
}

// takeFeed calls publish with each line that comes from one connection after the
// other, until the listener is closed.
func takeFeed(feed net.Listener, publish func(payload []byte) error) error {
	for {
		conn, err := feed.Accept()
		if err != nil {
			return nil //nolint:nilerr // the server ends
		}
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			if err := publish(lines.Bytes()); err != nil {
				return err
			}
		}
		_ = conn.Close()
	}
}

func (f *floor) welcome(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			if err := f.admit(conn); err != nil {
				_ = conn.Close()
			}
		}()
	}
}

// admit upgrades the connection and says yes to whatever the viewer sends.
func (f *floor) admit(conn net.Conn) error {
	r := bufio.NewReader(conn)
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see the import
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	for {
		message, err := readMessage(r)
		if err != nil {
			return err
		}
		if strings.Contains(message, "connection_init") {
			if _, err := conn.Write(textFrame(`{"type":"connection_ack"}`)); err != nil {
				return err
			}
			continue
		}
		if err := f.add(conn); err != nil {
			return err
		}
		_, err = conn.Write(textFrame(floorAnswer))
		return err
	}
}

func (f *floor) add(conn net.Conn) error {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = append(f.held, conn)
	return raw.Control(func(fd uintptr) { f.sockets = append(f.sockets, int(fd)) })
}

func (f *floor) publish(payload []byte) error {
	frame := textFrame(fmt.Sprintf(`{"id":"%s","type":"next","payload":%s}`, floorID, payload))
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.sockets {
		switch n, err := unix.Write(fd, frame); {
		case errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET): // the viewers are leaving
		case err != nil:
			return fmt.Errorf("write to a viewer: %w", err)
		case n < len(frame):
			return errors.New("a viewer does not read fast enough for the floor")
		}
	}
	return nil
}

// readMessage reads one small masked frame.
func readMessage(r io.Reader) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	size := int(head[1] & 0x7f)
	if size == 126 {
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return "", err
		}
		size = int(binary.BigEndian.Uint16(long[:]))
	}
	body := make([]byte, 4+size)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", err
	}
	mask, text := body[:4], body[4:]
	for i := range text {
		text[i] ^= mask[i%4]
	}
	return string(text), nil
}

func textFrame(text string) []byte {
	const finText = 0x81
	if len(text) < 126 {
		return append([]byte{finText, byte(len(text))}, text...) //nolint:gosec // below 126
	}
	return append(binary.BigEndian.AppendUint16([]byte{finText, 126}, uint16(len(text))), text...) //nolint:gosec // below 64 KiB
}
