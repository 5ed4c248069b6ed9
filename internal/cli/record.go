package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/semantest/semantest/internal/importing"
)

type recordCmd struct {
	URL string `arg:"" optional:"" help:"Page at which a browser opens; what a person does there becomes the steps of a case."`

	HAR     string `name:"har" xor:"source" placeholder:"FILE" help:"HTTP archive, as the developer tools of a browser save it; - reads standard input."`
	OpenAPI string `name:"openapi" xor:"source" placeholder:"FILE" help:"OpenAPI document of version 3, YAML or JSON."`
	Curl    string `name:"curl" xor:"source" placeholder:"FILE" help:"File with curl commands."`
	Postman string `name:"postman" xor:"source" placeholder:"FILE" help:"Postman collection of version 2."`

	Playwright string `name:"playwright" xor:"source" placeholder:"FILE" help:"Playwright tests in TypeScript or JavaScript; what is not understood is named by its line."`

	All bool   `help:"With --har: also take pictures, styles, scripts and fonts."`
	Out string `short:"o" placeholder:"PLAN" help:"Write the plan into this new file instead of standard output."`

	sessionFlags
}

func (c *recordCmd) Run(ctx context.Context, sys Sys) error {
	path, read := c.source()
	switch {
	case c.URL != "" && path != "":
		return usage("give the address of a page or a file, not both")
	case c.URL != "":
		return c.session(ctx, sys)
	case path == "":
		return usage("expected the address of a page, such as: semantest record https://shop.test, or --har, --openapi, --curl, --postman or --playwright with a file")
	}
	data, err := c.read(sys, path)
	if err != nil {
		return err
	}
	made, err := read(data)
	if err != nil {
		return usage("%s cannot be made into a plan: %w", path, err)
	}
	return c.write(sys, made)
}

// write tells the notes and writes the plan.
func (c *recordCmd) write(sys Sys, made *importing.Result) error {
	for _, note := range made.Notes {
		_, _ = fmt.Fprintln(sys.Stderr, "note: "+printable(note))
	}
	if c.Out == "" {
		_, err := sys.Stdout.Write(made.Plan)
		return err
	}
	return writeNew(c.Out, made.Plan)
}

// source is the file and how it is read.
func (c *recordCmd) source() (string, func([]byte) (*importing.Result, error)) {
	switch {
	case c.OpenAPI != "":
		return c.OpenAPI, importing.OpenAPI
	case c.Curl != "":
		return c.Curl, importing.Curl
	case c.Postman != "":
		return c.Postman, importing.Postman
	case c.Playwright != "":
		return c.Playwright, importing.Playwright
	}
	return c.HAR, func(data []byte) (*importing.Result, error) { return importing.HAR(data, c.All) }
}

func (c *recordCmd) read(sys Sys, path string) ([]byte, error) {
	if path != "-" {
		data, err := readLimited(os.Open, path, importing.MaxSource)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage("there is no file %s", path)
		}
		if err != nil {
			return nil, usage("read %s: %w", path, err)
		}
		return data, nil
	}
	data, err := io.ReadAll(io.LimitReader(sys.Stdin, importing.MaxSource+1))
	switch {
	case err != nil:
		return nil, usage("read standard input: %w", err)
	case len(data) > importing.MaxSource:
		return nil, usage("standard input is larger than %d bytes, the limit", importing.MaxSource)
	}
	return data, nil
}

// writeNew never writes over a plan that somebody has gone on with.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a plan is there to be read
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already; name another file, or move it away", path)
	}
	if err != nil {
		return usage("write the plan: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return usage("write the plan: %w", err)
	}
	return nil
}
