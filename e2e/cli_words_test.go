package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	r := run(t, launch{args: []string{"version"}})
	if r.code != 0 || !regexp.MustCompile(`^semantest \S+\n$`).MatchString(r.stdout) || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}

func TestHelpNamesEveryVerb(t *testing.T) {
	t.Parallel()
	r := run(t, launch{args: []string{"--help"}})
	if r.code != 0 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
	for _, verb := range []string{"serve", "work", "run", "validate", "demo", "report", "migrate", "token", "shop", "schema", "version"} {
		if !strings.Contains(r.stdout, "\n  "+verb+" ") {
			t.Errorf("the help does not name %s:\n%s", verb, r.stdout)
		}
		if one := run(t, launch{args: []string{verb, "--help"}}); one.code != 0 || !strings.Contains(one.stdout, "Usage: semantest "+verb) {
			t.Errorf("%s --help: %+v", verb, one)
		}
	}
}

func TestSchemaDescribesThePlans(t *testing.T) {
	t.Parallel()
	r := run(t, launch{args: []string{"schema"}})
	if r.code != 0 {
		t.Fatalf("got %+v", r)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(r.stdout))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, valid := range map[string]bool{everyOutcome: true, strings.Replace(everyOutcome, "steps:", "stps:", 1): false} {
		if err := schema.Validate(asJSON(t, name)); (err == nil) != valid {
			t.Errorf("judged as valid: %t, want %t: %v", err == nil, valid, err)
		}
	}
}

func asJSON(t testing.TB, plan string) any {
	t.Helper()
	var out any
	if err := yaml.Unmarshal([]byte(plan), &out); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestValidateNamesEveryMistakeWithItsPlace(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	good := writePlan(t, room, everyOutcome)
	bad := filepath.Join(room, "bad.plan.yaml")
	if err := os.WriteFile(bad, []byte(`version: "1"
name: Bad
env: {A: "${{ B }}", B: "${{ A }}"}
cases:
  - id: x
    kind: api
    stepz: []
    steps:
      - http: {url: "/${{ NOPE }}", methd: GET}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, launch{args: []string{"validate", good, bad}})
	if r.code != 2 || r.stdout != good+": valid, 6 cases\n" {
		t.Errorf("got %+v", r)
	}
	want := bad + `:3:10: the variable "A" needs itself: A -> B -> A
` + bad + `:7:5: unknown key "stepz"; did you mean "steps"?
` + bad + `:9:23: unknown variable "NOPE"
` + bad + `:9:37: unknown key "methd"; did you mean "method"?
`
	if r.stderr != want {
		t.Errorf("got\n%swant\n%s", r.stderr, want)
	}
	r = run(t, launch{args: []string{"validate", good}})
	if r.code != 0 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}

func TestMigrateBringsADatabaseUpToDateOnce(t *testing.T) {
	t.Parallel()
	_, db := ownPostgres(t)
	env := []string{"SEMANTEST_DATABASE_URL=" + db}
	first := run(t, launch{args: []string{"migrate"}, env: env})
	if first.code != 0 || !strings.Contains(first.stdout, "applied ") || !strings.HasSuffix(first.stdout, "The database is up to date.\n") {
		t.Errorf("got %+v", first)
	}
	second := run(t, launch{args: []string{"migrate"}, env: env})
	if second.code != 0 || second.stdout != "The database is up to date.\n" {
		t.Errorf("got %+v", second)
	}
	r := run(t, launch{args: []string{"token", "create"}, env: env})
	if r.code != 0 || !regexp.MustCompile(`^smt_\S+\n$`).MatchString(r.stdout) || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}

func TestShopOpensAndCloses(t *testing.T) {
	t.Parallel()
	p := start(t, launch{args: []string{"shop", "--listen", "127.0.0.1:0"}})
	url := p.awaitMatch(t, `The shop is open at (\S+)`)
	if status, body := get(t, url+"/healthz", ""); status != 200 {
		t.Errorf("the shop answers %d: %s", status, body)
	}
	if r := p.stop(t); r.code != 0 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}
