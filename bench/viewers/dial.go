//go:build linux

package viewers

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

const (
	handshakeSeconds = 60
	sourceAddresses  = 16 // 28,000 ports for each pair of addresses; those of closed sockets rest for a minute
	stalledBuffer    = 4 << 10
)

// dial opens the connection of one viewer and asks for the events after a
// number. It returns the socket and the bytes that came already.
func (o *Options) dial(index int, w words, small bool) (fd int, rest []byte, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, nil, fmt.Errorf("make a socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
			fd = -1
		}
	}()
	if err := prepare(fd, index, small); err != nil {
		return -1, nil, err
	}
	to, err := netip.ParseAddrPort(o.Address)
	if err != nil {
		return -1, nil, fmt.Errorf("read the server's address: %w", err)
	}
	if err := connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return -1, nil, fmt.Errorf("connect: %w", err)
	}
	rest, err = o.greet(fd, w)
	if err != nil {
		return -1, nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return -1, nil, fmt.Errorf("prepare the socket: %w", err)
	}
	return fd, rest, nil
}

// prepare binds the socket to one of several addresses of this machine, since a
// pair of addresses has only so many ports.
func prepare(fd, index int, small bool) error {
	timeout := unix.Timeval{Sec: handshakeSeconds}
	err := errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &timeout),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 1, byte(1 + index%sourceAddresses)}}), //nolint:gosec // below 17
	)
	if small {
		err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, stalledBuffer))
	}
	if err != nil {
		return fmt.Errorf("prepare the socket: %w", err)
	}
	return nil
}

// connect waits on after a signal has interrupted it: to call it again would be
// refused.
func connect(fd int, to unix.Sockaddr) error {
	err := unix.Connect(fd, to)
	if !errors.Is(err, unix.EINTR) {
		return err
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}} //nolint:gosec // a descriptor
	if err := retried(func() error { _, err := unix.Poll(fds, handshakeSeconds*1000); return err }); err != nil {
		return err
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	return err
}

// greet upgrades the connection, introduces the viewer and subscribes.
func (o *Options) greet(fd int, w words) ([]byte, error) {
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", o.Path, o.Address)
	if o.Protocol == GraphQL {
		request += "Sec-WebSocket-Protocol: " + string(GraphQL) + "\r\n"
	}
	if err := send(fd, []byte(request+"\r\n")); err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	got, err := receiveUntil(fd, nil, func(b []byte) (int, error) {
		i := bytes.Index(b, []byte("\r\n\r\n"))
		if i < 0 {
			return 0, nil
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 101 ")) {
			line, _, _ := bytes.Cut(b, []byte("\r\n"))
			return 0, fmt.Errorf("the server answered %q", line)
		}
		return i + 4, nil
	})
	if err != nil {
		return nil, fmt.Errorf("upgrade: %w", err)
	}
	if got, err = exchange(fd, got, w.hello, w.helloDone); err != nil {
		return nil, fmt.Errorf("introduce the viewer: %w", err)
	}
	if got, err = exchange(fd, got, w.subscribe, w.subscribed); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return got, nil
}

// exchange sends a message and waits for one that contains done, which may be
// empty. It returns the bytes that came after it.
func exchange(fd int, got, message, done []byte) ([]byte, error) {
	if err := send(fd, appendFrame(nil, opText, message)); err != nil || len(done) == 0 {
		return got, err
	}
	return receiveUntil(fd, got, func(b []byte) (int, error) {
		used, err := frames(b, func(_ bool, op byte, payload []byte) error {
			switch {
			case op == opClose:
				return fmt.Errorf("the server closed with %d: %s", closeCode(payload), payload[min(2, len(payload)):])
			case bytes.Contains(payload, done):
				return errFound
			}
			return nil
		})
		if errors.Is(err, errFound) {
			return used, nil
		}
		return 0, err
	})
}

var errFound = errors.New("found")

// receiveUntil reads until enough says how many of the bytes are done with, and
// returns the others.
func receiveUntil(fd int, got []byte, enough func([]byte) (int, error)) ([]byte, error) {
	const most = 64 << 10
	buf := make([]byte, 4<<10)
	for {
		used, err := enough(got)
		if err != nil {
			return nil, err
		}
		if used > 0 {
			return append([]byte(nil), got[used:]...), nil
		}
		if len(got) > most {
			return nil, errors.New("the server answers without end")
		}
		var n int
		err = retried(func() (err error) { n, err = unix.Read(fd, buf); return err })
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil, fmt.Errorf("no answer within %d s", handshakeSeconds)
		case err != nil:
			return nil, err
		case n == 0:
			return nil, errors.New("the server ended the connection")
		}
		got = append(got, buf[:n]...)
	}
}

func send(fd int, b []byte) error {
	for len(b) > 0 {
		var n int
		if err := retried(func() (err error) { n, err = unix.Write(fd, b); return err }); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func retried(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
