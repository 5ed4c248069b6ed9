package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/semantest/semantest/internal/exporting"
)

type exportCmd struct {
	Plan string   `arg:"" name:"plan" help:"Plan file."`
	To   string   `required:"" enum:"playwright,k6,go" help:"playwright (api and browser cases), k6 (load and api cases) or go (api cases)."`
	Case []string `name:"case" placeholder:"ID" help:"Only this case; may be given more than once."`
	Out  string   `short:"o" default:"." placeholder:"DIR" help:"Folder for the files, which must not be there yet."`
}

func (c *exportCmd) Run(sys Sys) error {
	p, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	out, err := exporting.Export(p.plan, exporting.Format(c.To), c.Case...)
	if err != nil {
		return usage("%s: %w", c.Plan, err)
	}
	for _, left := range out.Left {
		_, _ = fmt.Fprintln(sys.Stderr, "not carried over: "+printable(left))
	}
	if len(out.Cases) == 0 {
		return exit(ExitNoCase, fmt.Errorf("%s: none of the cases can be exported to %s", c.Plan, c.To))
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil { //nolint:gosec // tests are there to be read
		return usage("make the folder: %w", err)
	}
	for _, f := range out.Files {
		if err := writeNew(filepath.Join(c.Out, f.Path), []byte(f.Content)); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(sys.Stdout, "%s exported to %s: %s\n", plural(len(out.Cases), "case"), c.Out, howToRun[c.To])
	return nil
}

// howToRun says what to do with an export.
var howToRun = map[string]string{
	"go":         "run go test there; BASE_URL and the other variables come from the environment",
	"playwright": "run npx playwright test there; BASE_URL and the other variables come from the environment",
	"k6":         "run k6 run -e BASE_URL=... on the file named like the plan",
}
