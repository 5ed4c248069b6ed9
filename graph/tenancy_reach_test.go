package graph_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/internal/ident"
)

// addresses are all patterns that the server's routes name, with what in them is
// an id; empty where nothing is.
var addresses = map[string]ident.Type{
	`"/graphql"`:                   "",
	`"GET /artifacts/{id}"`:        ident.Artifact,
	`"GET /baselines/{id}"`:        ident.Baseline,
	`triggers.Path("{id}")`:        ident.Trigger,
	`"GET /healthz"`:               "",
	`"GET /.well-known/jwks.json"`: "",
	`"GET " + oidcStart`:           "",
	`"GET " + oidcCallback`:        "",
	`"GET /readyz"`:                "",
	`"GET " + metricsPath`:         "",
	`"/"`:                          "",
}

var routes = regexp.MustCompile(`mux\.Handle(?:Func)?\(((?:"[^"]*"(?: ?\+ ?\w+)?|[\w.]+\("[^"]*"\)|[\w.]+)),`)

// attackAddresses tries what is reached by an address instead of a field.
func (w *tenancy) attackAddresses(t *testing.T, secrets []string) {
	t.Helper()
	files, err := filepath.Glob("../internal/app/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range routes.FindAllStringSubmatch(string(text), -1) {
			pattern := strings.ReplaceAll(m[1], `"+`, `" + `)
			if _, ok := addresses[pattern]; !ok && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s serves %s and nobody says whether its address holds an id: add it to addresses, and try it in attackAddresses", name, pattern)
			}
			found[pattern] = true
		}
	}
	for pattern := range addresses {
		if !found[pattern] {
			t.Errorf("%s is in addresses and is not served", pattern)
		}
	}
	same := func(what, token string, status int, ask func(id, token string) *http.Response, their string) {
		t.Helper()
		absent := missing(their)
		foreign, none := answerOf(t, ask(their, token), their), answerOf(t, ask(absent, token), absent)
		if diff := cmp.Diff(none, foreign, cmp.AllowUnexported(answer{})); diff != "" || foreign.status != status {
			t.Errorf("%s gets %v, want the status %d (-missing +another's):\n%s", what, foreign, status, diff)
		}
		silent(t, foreign.body, secrets)
	}
	artifact := func(id, token string) *http.Response {
		return send(t, http.MethodGet, w.App.URL()+"/artifacts/"+id, token, "", nil)
	}
	same("an artifact", w.ours.Token, http.StatusNotFound, artifact, w.theirs.ids[ident.Artifact])
	same("an artifact for nobody", "", http.StatusUnauthorized, artifact, w.theirs.ids[ident.Artifact])
	own := answerOf(t, artifact(w.ours.ids[ident.Artifact], w.ours.Token), "")
	if own.status != http.StatusOK {
		t.Errorf("one's own artifact gets %v", own)
	}
	baseline := func(id, token string) *http.Response {
		return send(t, http.MethodGet, w.App.URL()+"/baselines/"+id, token, "", nil)
	}
	same("a baseline", w.ours.Token, http.StatusNotFound, baseline, w.theirs.ids[ident.Baseline])
	same("a baseline for nobody", "", http.StatusUnauthorized, baseline, w.theirs.ids[ident.Baseline])
	if own := answerOf(t, baseline(w.ours.ids[ident.Baseline], w.ours.Token), ""); own.status != http.StatusOK {
		t.Errorf("one's own baseline gets %v", own)
	}
	hook := func(id, _ string) *http.Response {
		return send(t, http.MethodPost, w.App.URL()+"/hooks/"+id, "", "{}", nil)
	}
	same("an unsigned request to a trigger", "", http.StatusUnauthorized, hook, w.theirs.ids[ident.Trigger])
	signed := func(id, _ string) *http.Response {
		return send(t, http.MethodPost, w.App.URL()+"/hooks/"+id, "", "{}", signature(t, w.ours.triggerSecret, "{}"))
	}
	same("a request to a trigger with another's signature", "", http.StatusUnauthorized, signed, w.theirs.ids[ident.Trigger])
	if own := answerOf(t, signed(w.ours.ids[ident.Trigger], ""), ""); own.status != http.StatusAccepted {
		t.Errorf("a request to one's own trigger gets %v", own)
	}
	for _, name := range []string{w.theirs.project.ID, w.theirs.project.Slug} {
		named := func(name, token string) *http.Response {
			return send(t, http.MethodPost, w.App.URL()+"/graphql", token, gql(`{ viewer { project { id } } plans { nodes { id } } }`, nil),
				http.Header{"Semantest-Project": {name}})
		}
		absent := "nothing-of-the-kind"
		if ident.TypeOf(name) != "" {
			absent = missing(name)
		}
		foreign, none := answerOf(t, named(name, w.ours.Token), name), answerOf(t, named(absent, w.ours.Token), absent)
		if diff := cmp.Diff(none, foreign, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("the project %s in the header answers unlike a missing one:\n%s", name, diff)
		}
		silent(t, foreign.body, secrets)
	}
}

func signature(t *testing.T, secret, body string) http.Header {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signed, err := signer.Sign("msg_1", now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {fmt.Sprint(now.Unix())}, "Webhook-Signature": {signed}}
}

// pages are all lists of the schema with a cursor, and how to reach each; the id
// in $id is one's own, of what the list hangs on.
var pages = map[string]struct {
	operation string
	of        ident.Type // what $id is; empty when there is none
	items     ident.Type // what the list holds
}{
	"Query.plans":              {`query($c: String) { plans(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Plan},
	"Query.runs":               {`query($c: String) { runs(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Run},
	"Query.baselines":          {`query($c: String) { baselines(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Baseline},
	"Query.pendingComparisons": {`query($id: ID!, $c: String) { pendingComparisons(runId: $id, after: $c) { nodes { id } totalCount } }`, ident.Run, ident.Comparison},
	"Run.comparisons":          {`query($id: ID!, $c: String) { run(id: $id) { comparisons(after: $c) { nodes { id } totalCount } } }`, ident.Run, ident.Comparison},
	"Run.assessments":          {`query($id: ID!, $c: String) { run(id: $id) { assessments(after: $c) { nodes { id } totalCount } } }`, ident.Run, ident.Assessment},
	"Query.assessments":        {`query($c: String) { assessments(after: $c) { nodes { id } pageInfo { endCursor } totalCount } }`, "", ident.Assessment},
	"Query.generations":        {`query($c: String) { generations(after: $c) { nodes { id createdByName } pageInfo { endCursor } totalCount } }`, "", ident.Generation},
	"Query.schedules":          {`query($c: String) { schedules(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Schedule},
	"Query.triggers":           {`query($c: String) { triggers(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Trigger},
	"Query.webhooks":           {`query($c: String) { webhooks(after: $c) { nodes { id url } pageInfo { endCursor } totalCount } }`, "", ident.Webhook},
	"Query.browserSessions":    {`query($c: String) { browserSessions(after: $c) { nodes { id url } pageInfo { endCursor } totalCount } }`, "", ident.BrowserSession},
	"BrowserSession.commands":  {`query($id: ID!, $c: String) { browserSession(id: $id) { commands(after: $c) { nodes { id source } totalCount } } }`, ident.BrowserSession, ident.BrowserCommand},
	"Query.projects":           {`query($c: String) { projects(after: $c) { nodes { id slug } pageInfo { endCursor } totalCount } }`, "", ident.Project},
	"Query.users":              {`query($c: String) { users(after: $c) { nodes { id email } pageInfo { endCursor } totalCount } }`, "", ident.User},
	"Query.secrets":            {`query($c: String) { secrets(after: $c) { nodes { id name } pageInfo { endCursor } totalCount } }`, "", ident.Secret},
	"Query.auditLog":           {`query($c: String) { auditLog(after: $c) { nodes { id } pageInfo { endCursor } totalCount } }`, "", ident.AuditEntry},
	"Query.instanceAuditLog":   {`query($c: String) { instanceAuditLog(after: $c) { nodes { id } pageInfo { endCursor } totalCount } }`, "", ident.AuditEntry},
	"Plan.versions":            {`query($id: ID!, $c: String) { plan(id: $id) { versions(after: $c) { nodes { id } totalCount } } }`, ident.Plan, ident.PlanVersion},
	"Plan.runs":                {`query($id: ID!, $c: String) { plan(id: $id) { runs(after: $c) { nodes { id } totalCount } } }`, ident.Plan, ident.Run},
	"Run.results":              {`query($id: ID!, $c: String) { run(id: $id) { results(after: $c) { nodes { id } totalCount } } }`, ident.Run, ident.Result},
	"Webhook.deliveries":       {`query($id: ID!, $c: String) { webhook(id: $id) { deliveries(after: $c) { nodes { id } totalCount } } }`, ident.Webhook, ident.Delivery},
	"Project.members":          {`query($id: ID!, $c: String) { project(id: $id) { members(after: $c) { nodes { id email } totalCount } } }`, ident.Project, ident.Member},
	"Project.serviceAccounts":  {`query($id: ID!, $c: String) { project(id: $id) { serviceAccounts(after: $c) { nodes { id } totalCount } } }`, ident.Project, ident.ServiceAccount},
	"Project.apiTokens":        {`query($id: ID!, $c: String) { project(id: $id) { apiTokens(after: $c) { nodes { id } totalCount } } }`, ident.Project, ident.Token},
	"ServiceAccount.apiTokens": {`query($id: ID!, $c: String) { node(id: $id) { ... on ServiceAccount { apiTokens(after: $c) { nodes { id } totalCount } } } }`, ident.ServiceAccount, ident.Token},
}

// attackCursors goes on in each list from an item of the other project, and from
// ids that lie around it.
func (w *tenancy) attackCursors(t *testing.T, schema *ast.Schema, secrets []string) {
	t.Helper()
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			if f.Arguments.ForName("after") == nil || !strings.HasSuffix(f.Type.Name(), "Connection") {
				continue
			}
			name := def.Name + "." + f.Name
			page, ok := pages[name]
			if !ok {
				t.Errorf("%s is a list and nobody goes on in it from another project's item: add it to pages", name)
				continue
			}
			for _, cursor := range []string{w.theirs.ids[page.items], string(page.items) + "_7zzzzzzzzzzzzzzzzzzzzzzzzz", "zzz", "0"} {
				a := attack{operation: page.operation, vars: map[string]any{"c": cursor}}
				got := overPost(t, w, w.ours.Token, a, w.ours.ids[page.of])
				if strings.Contains(got.body, "INTERNAL") {
					t.Errorf("%s after %s gets %s", name, cursor, got.body)
				}
				silent(t, strings.ReplaceAll(got.body, cursor, "CURSOR"), secrets)
			}
		}
	}
}

// depth of the operations that readEverything writes.
const depth = 4

// readEverything reads all that hangs on the fields of Query that take nothing,
// as deep as a client would, and looks for the other project in it.
func (w *tenancy) readEverything(t *testing.T, schema *ast.Schema, secrets []string) {
	t.Helper()
	var all strings.Builder
	for _, f := range schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
			continue
		}
		operation := "{ " + f.Name + short(f) + selection(schema, schema.Types[f.Type.Name()], depth) + " }"
		for _, reader := range []*tenant{w.ours, w.theirs} {
			got := answerOf(t, send(t, http.MethodPost, w.App.URL()+"/graphql", reader.Token, gql(operation, nil), nil), "")
			if refused := strings.Contains(got.body, `"errors"`); refused != (permission(f) == "instance") {
				t.Errorf("%s gets %v", operation, got)
			}
			if reader == w.theirs {
				all.WriteString(got.body)
			} else {
				silent(t, got.body, secrets)
			}
		}
	}
	// What the other project reads of itself is what was looked for.
	for _, typ := range nodeTypes {
		if id := w.theirs.ids[typ]; !strings.Contains(all.String(), id) {
			t.Errorf("not even its own project reads the %s %s", typ.Noun(), id)
		}
	}
}

// selection selects all fields of a type that take nothing, down to a depth.
func selection(schema *ast.Schema, def *ast.Definition, depth int) string {
	if def.IsLeafType() {
		return ""
	}
	var out []string
	for _, f := range def.Fields {
		of := schema.Types[f.Type.Name()]
		needs := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
		if strings.HasPrefix(f.Name, "__") || f.Name == "edges" || needs || !of.IsLeafType() && depth == 0 {
			continue
		}
		out = append(out, f.Name+short(f)+selection(schema, of, depth-1))
	}
	if len(out) == 0 {
		out = []string{"__typename"}
	}
	return " { " + strings.Join(out, " ") + " }"
}

// short keeps a list to the few items that a project of the test has, since what
// an operation may ask for is limited.
func short(f *ast.FieldDefinition) string {
	if f.Arguments.ForName("first") == nil || f.Arguments.ForName("after") == nil {
		return ""
	}
	return "(first: 2)"
}
