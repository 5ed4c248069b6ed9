//go:build linux

package viewers

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The opcodes of WebSocket.
const (
	opContinue = 0x0
	opText     = 0x1
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xA
)

// mostPayload is what a frame may carry here: what a server claims beyond it is
// a mistake in the measurement.
const mostPayload = 1 << 20

// frames calls f for each whole frame at the beginning of b, until it returns an
// error, and returns how many bytes those had.
func frames(b []byte, f func(fin bool, op byte, payload []byte) error) (int, error) {
	used := 0
	for {
		rest := b[used:]
		if len(rest) < 2 {
			return used, nil
		}
		if rest[1]&0x80 != 0 {
			return used, errors.New("the server masks its frames")
		}
		if rest[0]&0x70 != 0 {
			return used, fmt.Errorf("the server sent a frame with the reserved bits %#x", rest[0]&0x70)
		}
		head, size := 2, uint64(rest[1])
		switch size {
		case 126:
			if head = 4; len(rest) < head {
				return used, nil
			}
			size = uint64(binary.BigEndian.Uint16(rest[2:]))
		case 127:
			if head = 10; len(rest) < head {
				return used, nil
			}
			size = binary.BigEndian.Uint64(rest[2:])
		}
		if size > mostPayload {
			return used, fmt.Errorf("the server sent a frame of %d bytes", size)
		}
		end := head + int(size)
		if len(rest) < end {
			return used, nil
		}
		used += end
		if err := f(rest[0]&0x80 != 0, rest[0]&0x0f, rest[head:end]); err != nil {
			return used, err
		}
	}
}

// appendFrame appends a client's frame. The mask is of zeros, which leaves the
// payload as it is and is as good as any towards a server of ours.
func appendFrame(b []byte, op byte, payload []byte) []byte {
	const fin, masked = 0x80, 0x80
	b = append(b, fin|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// closeCode reads the payload of a close frame; 1005 stands for one without.
func closeCode(payload []byte) int {
	if len(payload) < 2 {
		return 1005
	}
	return int(binary.BigEndian.Uint16(payload))
}
