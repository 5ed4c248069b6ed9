package webkit

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/child"
)

// displayLimit is how long a display may take to open.
const displayLimit = 20 * time.Second

// display is an X server of ours that nobody sees, and for which it takes a
// cookie to draw on or to look at.
type display struct {
	*child.Process
	name   string // ":0"
	cookie string // file
}

func openDisplay(ctx context.Context) (*display, error) {
	fromServer, number, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = fromServer.Close() }() // all was read
	d := &display{}
	d.Process, err = child.Start(child.Spec{
		Path: "Xvfb",
		Args: func(folder string) []string {
			d.cookie = filepath.Join(folder, "cookie")
			return []string{"-displayfd", "3", "-screen", "0", "4096x4096x24", "-nolisten", "tcp", "-noreset", "-auth", d.cookie}
		},
		UID:     account(),
		Prepare: func(folder string) error { return writeCookie(filepath.Join(folder, "cookie")) },
		Files:   []*os.File{number},
		Gentle:  true, // it removes its lock then
	})
	if err != nil {
		return nil, err
	}
	read := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(io.LimitReader(fromServer, 100)) // until the server has closed its end
		read <- strings.TrimSpace(string(text))
	}()
	select {
	case text := <-read:
		if text == "" {
			return nil, errors.Join(fmt.Errorf("it ended at once (%s) and printed %q", d.Reason(), d.LastLine()), d.Close())
		}
		d.name = ":" + text
		return d, nil
	case <-time.After(displayLimit):
	case <-ctx.Done():
	}
	err = errors.Join(fmt.Errorf("it did not answer within %s", displayLimit), d.Close())
	<-read
	return nil, err
}

// writeCookie makes what a client of the display must show: one entry that holds
// for any host and any display, in the form of Xauthority files.
func writeCookie(path string) error {
	var cookie [16]byte
	_, _ = rand.Read(cookie[:]) // never fails
	const familyWild = 0xFFFF
	out := binary.BigEndian.AppendUint16(nil, familyWild)
	for _, field := range []string{"", "", "MIT-MAGIC-COOKIE-1", string(cookie[:])} {
		out = binary.BigEndian.AppendUint16(out, uint16(len(field))) //nolint:gosec // short
		out = append(out, field...)
	}
	return os.WriteFile(path, out, 0o600)
}
