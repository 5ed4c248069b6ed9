package config

import (
	"cmp"
	"fmt"
	"html"
	"reflect"
	"strings"
)

//go:generate go test -run TestPublishedConfigurationIsFresh . -update

// Markdown returns docs/configuration.md. Its tables are made from the tags of
// Server, API, Identity, Graph, LLM, Metrics and Client, which the command line reads too.
func Markdown() string {
	var b strings.Builder
	b.WriteString(head)
	for _, s := range []struct {
		title, text string
		of          any
	}{
		{"Processes that hold the database", "`serve`, `work`, `run`, `report` and `token create` take these. " +
			"`run` and `report` use them only without `--remote`. `migrate` takes `--database-url` alone, and `demo` " +
			"`--browser` and `--log-level`, which is `warn` there.", Server{}},
		{"The API", "`serve` takes these too.", API{}},
		{"Signing in", "`serve` takes these too. docs/identity.md tells how people sign in.", Identity{}},
		{"Limits of the API", "`serve` takes these too. Who hits one is told which, and what it is. `run` and `demo` have the limits of " +
			"an operation, and none of how often one may ask.", Graph{}},
		{"The API in its network", "`serve` takes these too; [deployment](deployment.md) has what they are for.", Edge{}},
		{"Language models", "`serve`, `work`, `run` and `llm check` take these. [Language models](llm.md) has what they are for.", LLM{}},
		{"Metrics", "`serve` and `work` take these. Nobody may read metrics unless one of them is given; [metrics](metrics.md) has what is counted.", Metrics{}},
		{"Clients of a server", "`run` and `report` take these.", Client{}},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s", s.title, s.text, table(s.of))
	}
	b.WriteString(tail)
	return b.String()
}

const head = `# Configuration

<!-- Made by make generate from the tags of its fields; edit those. -->

Nothing needs to be configured. Every setting is a flag, most are also an environment variable, and a flag wins over the
environment. There is no configuration file. ` + "`semantest COMMAND --help`" + ` shows the same for one command.

Durations are written as ` + "`500ms`, `30s`, `2m` or `1h30m`" + `. A setting that makes no sense ends the command at once, with
exit code 2 and one sentence.
`

const tail = `
## Variables of a plan

| Environment | Meaning |
|---|---|
| ` + "`SEMANTEST_VAR_<NAME>`" + ` | ` + "`run`" + `: the value of a name that the plan lists under ` + "`env` or `secrets`" + `, and of ` +
	"`BASE_URL`" + ` in every plan. Other names are ignored. ` + "`--var NAME=VALUE`" + ` wins, but other people on the machine can see it: pass secrets by the environment. |

## What else is looked at

| Environment | Meaning |
|---|---|
| ` + "`NO_COLOR`" + ` | When it is set, output is not coloured. Output that is no terminal never is. |
| ` + "`CI`" + ` | When it is set, ` + "`run` and `demo`" + ` print plain lines and no status line that redraws itself. ` + "`TERM=dumb`" + ` does the same. |
| ` + "`XDG_DATA_HOME`" + ` | Parent of the default data folder, except for root. |
| ` + "`TMPDIR`" + ` | Where ` + "`demo`" + ` keeps its data while it runs, and browsers their profiles. |

` + "`HTTP_PROXY`" + ` and its kin are not used: whatever a plan reaches is dialled directly, so that the egress policy sees it.

## What the egress modes allow

| Address | ` + "`public`" + ` | ` + "`dev`" + ` |
|---|---|---|
| globally routable | yes | yes |
| loopback and private networks | no | yes |
| what ` + "`--egress-allow`" + ` lists | yes | yes |
| link-local and cloud metadata | no | no |
| this server's own listener, Postgres and Redis | no | no |

Only the configuration of the process that performs a case decides; a plan can't ask for more. [Egress](egress.md) says how API
cases, browsers and webhooks are held to it.
`

// dataDir stands in the document for what DefaultDataDir finds on a machine.
const dataDir = "`/var/lib/semantest` for root, otherwise `$XDG_DATA_HOME/semantest` or `~/.local/share/semantest`"

// table lists the fields of a struct.
func table(of any) string {
	var b strings.Builder
	b.WriteString("| Flag | Environment | Default | Meaning |\n|---|---|---|---|\n")
	t := reflect.TypeOf(of)
	for i := range t.NumField() {
		f := t.Field(i)
		meaning, byDefault := describe(f)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code(flag(f)), code(f.Tag.Get("env")), byDefault, html.EscapeString(meaning))
	}
	return b.String()
}

func flag(f reflect.StructField) string {
	out := "--" + f.Tag.Get("name")
	if f.Type.Kind() == reflect.Bool {
		return out
	}
	return out + "=" + cmp.Or(f.Tag.Get("placeholder"), "VALUE")
}

// describe splits the help of a field: a default that depends on something
// stands there as its last sentence.
func describe(f reflect.StructField) (meaning, byDefault string) {
	meaning, byDefault, _ = strings.Cut(f.Tag.Get("help"), " Default: ")
	if byDefault == "${data_dir}." {
		return meaning, dataDir
	}
	if byDefault != "" {
		return meaning, strings.TrimSuffix(byDefault, ".")
	}
	return meaning, code(f.Tag.Get("default"))
}

func code(text string) string {
	if text == "" {
		return "–"
	}
	return "`" + text + "`"
}
