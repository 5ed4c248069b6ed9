package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
)

type llmCmd struct {
	Check llmCheckCmd `cmd:"" help:"Find out what an endpoint and its model can do, with about ten short requests."`
}

type llmCheckCmd struct {
	BaseURL string `name:"base-url" placeholder:"URL" help:"Endpoint to look at instead of the configured one."`
	Model   string `name:"model" placeholder:"NAME" help:"Model to look at instead of the configured one."`
	JSON    bool   `name:"json" help:"Print what was found as JSON."`
	config.LLM
}

func (c *llmCheckCmd) Run(ctx context.Context, sys Sys) error {
	if c.BaseURL != "" {
		// Its key must not go to another endpoint than its own.
		if c.LLMBaseURL != "" && c.LLMBaseURL != c.BaseURL {
			return usage("--base-url is not the endpoint that SEMANTEST_LLM_BASE_URL names; the key is that one's. Unset it, or set both")
		}
		c.LLMBaseURL, c.LLMFallbackBaseURL, c.LLMFallbackModel = c.BaseURL, "", ""
	}
	if c.Model != "" {
		c.LLMModel = c.Model
	}
	found, err := app.CheckLLM(ctx, c.LLM)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.JSON {
		err = printLLMJSON(sys.Stdout, found)
	} else {
		err = printLLM(sys.Stdout, found)
	}
	if err != nil {
		return err
	}
	for _, a := range found {
		if !a.Usable {
			return exit(ExitErrored, nil)
		}
	}
	return nil
}

func printLLMJSON(w io.Writer, found []app.LLMAbility) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"endpoints": found})
}

func printLLM(out io.Writer, found []app.LLMAbility) error {
	for i, a := range found {
		if i > 0 {
			_, _ = fmt.Fprintln(out)
		}
		_, _ = fmt.Fprintf(out, "%s  model %s\n", a.BaseURL, a.Model)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, f := range a.Findings {
			_, _ = fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Name, f.State, f.Detail)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if a.Usable {
			_, _ = fmt.Fprintf(out, "usable; JSON is asked for by %s\n", a.Rung)
		} else {
			_, _ = fmt.Fprintln(out, "not usable")
		}
	}
	return nil
}
