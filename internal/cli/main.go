package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/config"
)

// Version of the program; the build sets it.
var Version = "0.1.0-dev"

// commands are the verbs.
type commands struct {
	Serve    serveCmd    `cmd:"" help:"Serve the API and the web pages, and perform cases."`
	Work     workCmd     `cmd:"" help:"Perform cases only; more machines mean more capacity."`
	Run      runCmd      `cmd:"" help:"Run a plan and watch it."`
	Validate validateCmd `cmd:"" help:"Check plans and name each mistake with its place."`
	Record   recordCmd   `cmd:"" help:"Make a plan of what you do in a browser, or of what you have: an HTTP archive, an OpenAPI document, curl commands, a Postman collection or Playwright tests."`
	Generate generateCmd `cmd:"" help:"Make cases of an OpenAPI document, of pages or of requirements, try them out, and write those that hold as a plan."`
	Export   exportCmd   `cmd:"" help:"Write the cases of a plan as tests for Playwright, k6 or Go."`
	Demo     demoCmd     `cmd:"" help:"Run an example plan against the sample shop, all in one go."`
	Review   reviewCmd   `cmd:"" help:"Look at what runs found when they compared with baselines, and accept or reject it."`
	Assess   assessCmd   `cmd:"" help:"Assess a run that a server knows, by rules or with a language model."`
	Report   reportCmd   `cmd:"" help:"Write the reports of a run that a server knows."`
	Migrate  migrateCmd  `cmd:"" help:"Bring a database to the schema of this version."`
	Token    tokenCmd    `cmd:"" help:"Make API tokens."`
	Secrets  secretsCmd  `cmd:"" help:"Keep the project's secrets, and renew the key that encrypts them."`
	Shop     shopCmd     `cmd:"" help:"Serve the sample shop, a target to try plans on."`
	Browsers browsersCmd `cmd:"" help:"List the browsers that plans can name, which are installed here, and what each can do."`
	LLM      llmCmd      `cmd:"" name:"llm" help:"Look at the language models that are configured."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON Schema of plan files."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// Main runs one command and returns the exit code.
func Main(args []string, sys Sys) int {
	ctx, cancel := sys.Interrupted(context.Background())
	defer cancel()
	// The first interrupt asks for an orderly end; a second one gets the
	// system's own answer, which ends the program at once.
	context.AfterFunc(ctx, cancel)
	err := execute(ctx, args, sys)
	if err == nil {
		return ExitPassed
	}
	_, decided := errors.AsType[*exitError](err)
	if ctx.Err() != nil && (!decided || errors.Is(err, context.Canceled)) {
		return ExitInterrupted // whatever broke off, the interrupt broke it
	}
	if !silent(err) {
		_, _ = fmt.Fprintln(sys.Stderr, "semantest: "+sentence(err))
	}
	return codeOf(err)
}

func execute(ctx context.Context, args []string, sys Sys) error {
	var cmds commands
	var stop exitRequest
	parser, err := kong.New(&cmds,
		kong.Name("semantest"),
		kong.Description("Acceptance tests for web applications, APIs and AI features."),
		kong.Vars{"data_dir": config.DefaultDataDir()},
		kong.Writers(sys.Stdout, sys.Stderr),
		kong.Exit(func(code int) { stop.asked, stop.code = true, code; panic(&stop) }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(sys),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		return fmt.Errorf("describe the commands: %w", err)
	}
	command, err := parse(parser, args, &stop)
	if stop.asked {
		return exit(stop.code, nil)
	}
	if err != nil {
		return usage("%s; semantest --help shows what there is", err)
	}
	return command.Run()
}

// exitRequest carries kong's wish to exit (after --help) out of its parser.
type exitRequest struct {
	asked bool
	code  int
}

func parse(parser *kong.Kong, args []string, stop *exitRequest) (command *kong.Context, err error) {
	defer func() {
		if p := recover(); p != nil && p != any(stop) {
			panic(p)
		}
	}()
	return parser.Parse(args)
}

// codeOf maps an error to the exit code.
func codeOf(err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	switch apperr.CodeOf(err) {
	case apperr.InvalidInput, apperr.Conflict, apperr.NotFound, apperr.Unauthenticated, apperr.Forbidden:
		return ExitUsage
	}
	return ExitErrored
}

// sentence is what a person reads of an error. The command line shows causes
// too: the person is the operator.
func sentence(err error) string {
	return strings.TrimSpace(err.Error())
}

// logger writes to standard error as configured.
func logger(w io.Writer, c config.Server) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
