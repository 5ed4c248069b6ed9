package cli

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/internal/cli/client"
)

type reviewPromoteCmd struct {
	Promote string `name:"promote" placeholder:"BRANCH" help:"The branch that was merged."`
	Into    string `name:"into" placeholder:"BRANCH" help:"The branch that it was merged into. Default: the project's default branch."`
	reviewTarget
}

func (c *reviewPromoteCmd) Run(ctx context.Context, sys Sys) error {
	switch {
	case c.Promote == "":
		return usage("say what to do: list, show, accept, reject, or --promote BRANCH")
	case c.Local != "":
		return usage("beside a plan, baselines are files of the branch and come with its merge; --promote is for a server")
	case c.URL == "":
		return usage("say where: --remote URL (SEMANTEST_URL)")
	}
	cl, err := client.New(c.URL, c.Token)
	if err != nil {
		return err
	}
	done, err := cl.PromoteBaselines(ctx, c.Promote, c.Into)
	if err != nil {
		return err
	}
	for _, b := range done.Promoted {
		_, _ = fmt.Fprintf(sys.Stdout, "promoted  %s\n", printable(b.Title()))
	}
	for _, k := range done.Kept {
		_, _ = fmt.Fprintf(sys.Stdout, "kept      %s: %s has had its own since %s, accepted by %s\n", printable(k.Theirs.Title()), printable(done.Into),
			k.Theirs.AcceptedAt.UTC().Format("2006-01-02 15:04 UTC"), printable(k.Theirs.AcceptedBy))
	}
	_, _ = fmt.Fprintf(sys.Stdout, "%d promoted into %s, %d there already, %d kept\n", len(done.Promoted), printable(done.Into), done.Unchanged, len(done.Kept))
	return nil
}
