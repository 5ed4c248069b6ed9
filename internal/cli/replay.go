package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
)

// maxFinding bounds the file of a finding.
const maxFinding = 10 << 20

// replay sends the requests of one finding again, exactly as they were.
func (c *runCmd) replay(ctx context.Context, sys Sys) error {
	data, err := readLimited(os.Open, c.Replay, maxFinding)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("there is no finding %s", c.Replay)
	}
	if err != nil {
		return usage("read the finding: %w", err)
	}
	cfg := app.Config{Server: c.Local, Egress: c.Local.EgressMode(egress.Dev)}
	out, err := app.Replay(ctx, cfg, data, func(name string) (string, bool) {
		if v, ok := c.Var[name]; ok {
			return v, true
		}
		return sys.LookupEnv("SEMANTEST_VAR_" + name)
	})
	if ctx.Err() != nil {
		return exit(ExitInterrupted, nil)
	}
	if e, ok := errors.AsType[*apperr.Error](err); ok {
		if e.Code == apperr.InvalidInput {
			return usage("%s: %s", c.Replay, e.Message)
		}
		return exit(ExitErrored, fmt.Errorf("%s: %s", c.Replay, e.Message))
	}
	if err != nil {
		return exit(ExitErrored, fmt.Errorf("%s: %w", c.Replay, err))
	}
	for _, line := range out.Lines {
		_, _ = fmt.Fprintln(sys.Stdout, printable(line))
	}
	_, _ = fmt.Fprintln(sys.Stdout, printable(out.Message))
	if out.Still {
		return exit(ExitFailed, nil)
	}
	return nil
}
