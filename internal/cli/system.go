package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Sys is everything that the command line takes from its process, so that a
// test can run a command without one.
type Sys struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Environ        func() []string
	Terminal       bool // whether Stdout is a terminal that can be drawn on
	Width          int  // of the terminal, in columns

	// Ask asks the person for what is not to be shown; nil where Stdin is no
	// terminal.
	Ask func(question string) (string, error)

	// Interrupted returns a context that ends when the person asks for it.
	Interrupted func(context.Context) (context.Context, context.CancelFunc)
}

// System returns the real one.
func System() Sys {
	s := Sys{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv, Environ: os.Environ,
		Interrupted: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		},
	}
	if in := int(os.Stdin.Fd()); term.IsTerminal(in) {
		s.Ask = func(question string) (string, error) {
			_, _ = io.WriteString(os.Stderr, question)
			value, err := term.ReadPassword(in)
			_, _ = io.WriteString(os.Stderr, "\n")
			return string(value), err
		}
	}
	fd := int(os.Stdout.Fd())
	_, ci := os.LookupEnv("CI")
	if term.IsTerminal(fd) && !ci && os.Getenv("TERM") != "dumb" {
		if width, _, err := term.GetSize(fd); err == nil && width > 20 {
			s.Terminal, s.Width = true, width
		}
	}
	return s
}

// colour reports whether output may be coloured.
func (s Sys) colour() bool {
	no, _ := s.LookupEnv("NO_COLOR")
	return s.Terminal && no == ""
}
