package cli

import (
	"errors"
	"fmt"
)

type validateCmd struct {
	Plans []string `arg:"" name:"plan" help:"Plan files."`
}

func (c *validateCmd) Run(sys Sys) error {
	var bad error
	for _, path := range c.Plans {
		p, err := readPlan(path)
		if err != nil {
			_, _ = fmt.Fprintln(sys.Stderr, err)
			bad = exit(ExitUsage, nil)
			continue
		}
		n := len(p.plan.Expand())
		noun := "cases"
		if n == 1 {
			noun = "case"
		}
		if _, err := fmt.Fprintf(sys.Stdout, "%s: valid, %d %s\n", path, n, noun); err != nil {
			return errors.Join(bad, err)
		}
	}
	return bad
}
