package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

var pingFrame = []byte{0x80 | byte(ws.OpPing), 0}

const (
	finText = 0x80 | byte(ws.OpText)
	rsv1    = 0x40
)

// appendHeader appends the head of a frame with n bytes.
func appendHeader(b []byte, first byte, n int) []byte {
	switch {
	case n < 126:
		return append(b, first, byte(n)) //nolint:gosec // see the case
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
}

func appendClose(b []byte, code uint16, reason string) []byte {
	b = appendHeader(b, 0x80|byte(ws.OpClose), 2+len(reason))
	return append(binary.BigEndian.AppendUint16(b, code), reason...)
}

// broken is a breach of a protocol and the code that it is answered with.
type broken struct {
	code   uint16
	reason string
}

func (e *broken) Error() string { return e.reason }

func tooBig(most int64) error {
	return &broken{closeTooBig, fmt.Sprintf("the message is too large; the limit (body) is %d bytes", most)}
}

// handler takes what a client sends.
type handler interface {
	text(message []byte) error
	ping(payload []byte)
	end(code uint16)
}

// frames cuts what a client sends into messages. Bytes of an unfinished frame
// stay with the caller; those of an unfinished message are kept here.
type frames struct {
	most     int64 // bytes of a message
	deflates bool

	opcode   ws.OpCode // of the unfinished message; 0 for none
	deflated bool
	message  []byte
}

// read takes all whole frames from the beginning of b, which it changes, and
// returns how many bytes they have. It stops after one whole message, since
// that may take long.
func (f *frames) read(b []byte, to handler) (used int, whole bool, err error) {
	for {
		head := bytes.NewReader(b[used:])
		h, err := ws.ReadHeader(head)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return used, false, nil
		}
		if err != nil {
			return used, false, &broken{closeProtocol, err.Error()}
		}
		if err := f.check(h); err != nil {
			return used, false, err
		}
		start := len(b) - head.Len()
		if int64(head.Len()) < h.Length {
			return used, false, nil
		}
		payload := b[start : start+int(h.Length)]
		ws.Cipher(payload, h.Mask, 0)
		used = start + int(h.Length)
		if whole, err = f.take(h, payload, to); whole || err != nil {
			return used, whole, err
		}
	}
}

// check refuses a frame by its head, before its bytes are waited for.
func (f *frames) check(h ws.Header) error {
	state := ws.StateServerSide
	if f.opcode != 0 {
		state = state.Set(ws.StateFragmented)
	}
	if f.deflates && h.OpCode.IsData() && h.OpCode != ws.OpContinuation && h.Rsv == ws.Rsv(true, false, false) {
		h.Rsv = 0
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return &broken{closeProtocol, err.Error()}
	}
	if !h.OpCode.IsControl() && h.Length+int64(len(f.message)) > f.most {
		return tooBig(f.most)
	}
	return nil
}

func (f *frames) take(h ws.Header, payload []byte, to handler) (whole bool, err error) {
	switch h.OpCode {
	case ws.OpPing:
		to.ping(payload)
		return false, nil
	case ws.OpPong:
		return false, nil
	case ws.OpClose:
		return true, f.close(payload, to)
	case ws.OpText, ws.OpBinary:
		f.opcode, f.deflated = h.OpCode, h.Rsv1()
	}
	if !h.Fin {
		f.message = append(f.message, payload...)
		return false, nil
	}
	opcode, deflated := f.opcode, f.deflated
	if f.message != nil {
		payload = append(f.message, payload...)
	}
	f.opcode, f.deflated, f.message = 0, false, nil
	if deflated {
		if payload, err = inflate(payload, f.most); err != nil {
			return true, err
		}
	}
	switch {
	case opcode == ws.OpBinary:
		return true, &broken{closeBadRequest, "Invalid message received: it is binary"}
	case !utf8.Valid(payload):
		return true, &broken{closeNotUTF8, "the message is not UTF-8"}
	}
	return true, to.text(payload)
}

func (f *frames) close(payload []byte, to handler) error {
	if len(payload) == 0 {
		to.end(closeNormal)
		return nil
	}
	if len(payload) == 1 {
		return &broken{closeProtocol, "the close frame has half a code"}
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if err := ws.CheckCloseFrameData(code, reason); err != nil {
		return &broken{closeProtocol, err.Error()}
	}
	to.end(uint16(code))
	return nil
}
