package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pacer waits for moments. Go's own timers wake up to a millisecond late; a
// timerfd in the poller of the network wakes within 0.1 ms.
type pacer struct {
	file *os.File
	fd   int
}

func newPacer() (*pacer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a timer: %w", err)
	}
	return &pacer{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}, nil
}

// wait returns at a moment, or when ctx is done with its error.
func (p *pacer) wait(ctx context.Context, until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return ctx.Err()
	}
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(left))}
	if err := unix.TimerfdSettime(p.fd, 0, &at, nil); err != nil {
		return fmt.Errorf("arm a timer: %w", err)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = p.file.SetReadDeadline(time.Unix(1, 0)) // a file that is closed needs none
	})
	defer stop()
	var expirations [8]byte
	_, err := p.file.Read(expirations[:])
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return context.Canceled
	}
	return err
}

func (p *pacer) close() error { return p.file.Close() }
