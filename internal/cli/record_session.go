package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// sessionFlags are about recording what a person does in a browser.
type sessionFlags struct {
	Browser     string        `name:"browser" placeholder:"NAME" help:"chromium (the default), chrome or edge."`
	Program     string        `name:"program" env:"SEMANTEST_BROWSER" placeholder:"PATH" help:"Chromium program."`
	Headless    bool          `name:"headless" help:"Open no window; another program drives the browser at --debug-port."`
	DebugPort   int           `name:"debug-port" placeholder:"PORT" help:"Let other programs of this machine drive the browser by the DevTools protocol, at 127.0.0.1."`
	Device      string        `name:"device" placeholder:"NAME" help:"Device to be, such as \"iPhone 15\", or a size such as 390x844."`
	SaveStorage string        `name:"save-storage" placeholder:"FILE" help:"Write cookies and local storage into this new file in the end; it opens what the session has opened."`
	MaxSteps    int           `name:"max-steps" default:"300" placeholder:"N" help:"Steps after which the recording ends, at most 400."`
	MaxTime     time.Duration `name:"max-time" default:"1h" placeholder:"DURATION" help:"Time after which the recording ends."`
}

// session records what a person does until the browser is closed.
func (c *recordCmd) session(ctx context.Context, sys Sys) error {
	if err := c.check(sys); err != nil {
		return err
	}
	policy, err := egress.New(egress.Dev)
	if err != nil {
		return err
	}
	r := app.Recorder{
		URL: c.URL, Browser: c.Browser, Windows: !c.Headless, Port: c.DebugPort, MaxSteps: c.MaxSteps, Storage: c.SaveStorage != "",
		OnStep: func(s spec.BrowserStep) { _, _ = fmt.Fprintln(sys.Stderr, "  "+printable(s.Title())) },
		OnNote: func(note string) { _, _ = fmt.Fprintln(sys.Stderr, "  note: "+printable(note)) },
	}
	r.Path, r.Egress, r.Setup.Device = c.Program, policy, c.Device
	c.explain(sys)
	limited, cancel := context.WithTimeout(ctx, c.MaxTime)
	defer cancel()
	rec, err := r.Record(limited)
	if err != nil {
		return err
	}
	end := rec.End
	if limited.Err() != nil && ctx.Err() == nil {
		end = "its time of " + c.MaxTime.String() + " is up"
	}
	_, _ = fmt.Fprintf(sys.Stderr, "recorded %s: %s\n", counted(len(rec.Steps)), end)
	made, err := importing.Recorded{
		URL: c.URL, Browser: c.Browser, Device: c.Device, Viewport: &rec.Viewport, Secrets: rec.Secrets, Steps: rec.Steps, Notes: rec.Notes,
	}.Plan()
	if err != nil {
		return fmt.Errorf("make a plan of what was recorded: %w", err)
	}
	if c.SaveStorage != "" && rec.Storage != nil {
		err = writeSecret(c.SaveStorage, rec.Storage)
	}
	return errors.Join(c.write(sys, made), err)
}

func (c *recordCmd) check(sys Sys) error {
	display := func() bool {
		x, _ := sys.LookupEnv("DISPLAY")
		wayland, _ := sys.LookupEnv("WAYLAND_DISPLAY")
		return cmp.Or(x, wayland) != ""
	}
	switch {
	case c.MaxSteps < 1 || c.MaxSteps > 400:
		return usage("--max-steps must be from 1 to 400")
	case c.MaxTime < time.Second:
		return usage("--max-time must be at least 1s")
	case c.DebugPort != 0 && (c.DebugPort < 1024 || c.DebugPort > 65535):
		return usage("--debug-port must be from 1024 to 65535")
	case c.Headless && c.DebugPort == 0:
		return usage("nobody can use a browser without a window: give --debug-port, at which another program drives it, or leave --headless out")
	case !c.Headless && !display():
		return usage("there is no display to open a window on: use --headless with --debug-port, and drive the browser from chrome://inspect or by a program")
	}
	if _, ok := spec.DeviceByName(c.Device); c.Device != "" && !ok {
		return usage("there is no device %q: it is a size such as 390x844, or one of %s", c.Device, strings.Join(spec.Devices(), ", "))
	}
	for _, file := range []string{c.Out, c.SaveStorage} { // it would be a pity in the end
		if _, err := os.Lstat(file); file != "" && !errors.Is(err, fs.ErrNotExist) {
			return usage("%s is there already; name another file, or move it away", file)
		}
	}
	return nil
}

func (c *recordCmd) explain(sys Sys) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(sys.Stderr, format+"\n", args...) }
	say("recording %s; close the browser or press Ctrl-C to end", printable(c.URL))
	if c.DebugPort != 0 {
		say("  drive the browser at http://127.0.0.1:%d", c.DebugPort)
	}
	say("  to expect something: Alt+Shift+V (it is visible), Alt+Shift+T (its text), Alt+Shift+L (its value), then click it")
}

func counted(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// writeSecret writes what opens doors: for the owner alone.
func writeSecret(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the cookies and the storage: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the cookies and the storage: %w", err)
	}
	return nil
}
