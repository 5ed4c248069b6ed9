package graph_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/internal/ident"
)

// TestProjectsAreBlindToEachOther tries every argument of the schema that takes
// an id with another project's one: it must be answered like one that does not
// exist. It does so with row-level security, and without it, so that the services
// alone are shown to hold.
func TestProjectsAreBlindToEachOther(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	everyArgumentHasItsLine(t, schema)
	for name, databaseWall := range map[string]bool{"both walls": true, "the services alone": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTenancy(t, databaseWall)
			secrets, before := w.known(t, w.theirs), w.state(t, w.theirs)
			for _, line := range slices.Sorted(maps.Keys(attacks)) {
				t.Run(line, func(t *testing.T) { w.attack(t, line, attacks[line], secrets) })
			}
			t.Run("nodes", func(t *testing.T) { w.attackNodes(t, schema, secrets) })
			t.Run("addresses", func(t *testing.T) { w.attackAddresses(t, secrets) })
			t.Run("cursors", func(t *testing.T) { w.attackCursors(t, schema, secrets) })
			t.Run("everything that can be read", func(t *testing.T) { w.readEverything(t, schema, secrets) })
			if diff := cmp.Diff(before, w.state(t, w.theirs)); diff != "" {
				t.Errorf("the other project has changed (-before +after):\n%s", diff)
			}
			t.Run("controls", func(t *testing.T) { w.controls(t, schema) })
		})
	}
}

func everyArgumentHasItsLine(t *testing.T, schema *ast.Schema) {
	t.Helper()
	found := idArguments(schema)
	if len(found) < 30 {
		t.Fatalf("only %d arguments that take an id were found", len(found))
	}
	for _, argument := range found {
		if _, ok := attacks[argument]; !ok {
			t.Errorf("%s takes an id and nobody tries another project's: add a line for it to attacks in tenancy_cases_test.go", argument)
		}
	}
	for line, a := range attacks {
		if !slices.Contains(found, line) {
			t.Errorf("%s is tried and does not exist: take its line out of attacks in tenancy_cases_test.go", line)
			continue
		}
		if beyond := permission(rootField(schema, line)) == "instance"; beyond != (a.want == forbidden) {
			t.Errorf("%s: the schema and its line in attacks do not agree whether it takes the permission instance", line)
		}
	}
}

// attack compares what the victim's id gets with what a missing one gets.
func (w *tenancy) attack(t *testing.T, line string, a attack, secrets []string) {
	t.Helper()
	their := w.theirs.ids[a.takes]
	if their == "" {
		t.Fatalf("the projects of newTenancy have no %s: make one in fill", a.takes.Noun())
	}
	for _, who := range w.attackers(line, a) {
		foreign := who.ask(t, w, who.token, a, their)
		absent := who.ask(t, w, who.token, a, missing(their))
		if diff := cmp.Diff(absent, foreign, cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("for %s, another's %s answers unlike a missing one (-missing +another's):\n%s", who.name, a.takes.Noun(), diff)
		}
		if says := who.want.broken(foreign); says != "" {
			t.Errorf("for %s: %s: %s", who.name, says, foreign.body)
		}
		silent(t, foreign.body, secrets)
		for _, bad := range []string{"", "x", string(a.takes) + "_", their + "0", strings.ToUpper(their), "\x00", strings.Repeat("9", 10_000)} {
			if got := who.ask(t, w, who.token, a, bad); strings.Contains(got.body, "INTERNAL") || got.status >= 500 {
				t.Errorf("for %s, the id %.40q gets %v", who.name, bad, got)
			}
		}
	}
}

// attacker is somebody who tries an id, on some way.
type attacker struct {
	carrier
	token string
	want  verdict
}

func (w *tenancy) attackers(line string, a attack) (out []attacker) {
	for _, way := range carriersOf(line) {
		person := way
		person.name = "a person over " + way.name
		out = append(out, attacker{person, w.ours.person, a.want})
		if !a.people {
			way.name = "a program over " + way.name
			out = append(out, attacker{way, w.ours.Token, a.want})
		}
	}
	if !strings.HasPrefix(line, "Subscription.") { // a socket lets nobody in
		out = append(out, attacker{carrier{"nobody over POST", overPost}, "", unauthenticated})
	}
	return out
}

// broken says how an answer is not what it should be.
func (v verdict) broken(got answer) string {
	var out struct {
		Data   map[string]any
		Errors []struct{ Extensions map[string]any }
	}
	if err := json.Unmarshal([]byte(got.body), &out); err != nil {
		return "the answer is not JSON"
	}
	code := ""
	if len(out.Errors) > 0 {
		code, _ = out.Errors[0].Extensions["code"].(string)
	}
	switch v {
	case null:
		for _, value := range out.Data {
			if value != nil {
				return "it is not null"
			}
		}
		if code != "" || len(out.Data) != 1 {
			return "it is not null alone"
		}
	case empty:
		for _, value := range out.Data {
			list, _ := value.(map[string]any)
			if nodes, ok := list["nodes"].([]any); !ok || len(nodes) > 0 || list["totalCount"] != 0.0 {
				return "it is not an empty list"
			}
		}
		if code != "" || len(out.Data) != 1 {
			return "it is not an empty list alone"
		}
	default:
		if code != string(v) {
			return "the code is not " + string(v)
		}
	}
	return ""
}

func silent(t *testing.T, body string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(body, s) {
			t.Errorf("the answer tells %s of the other project:\n%s", s, body)
		}
	}
}

// carrier is a way in which operations reach the server.
type carrier struct {
	name string
	ask  func(t *testing.T, w *tenancy, token string, a attack, id string) answer
}

func carriersOf(line string) []carrier {
	if strings.HasPrefix(line, "Subscription.") {
		return []carrier{{"a socket", overSocket}, {"an event stream", overEvents}}
	}
	return []carrier{{"POST", overPost}}
}

func (a attack) request(id string) map[string]any {
	vars := maps.Clone(a.vars)
	if vars == nil {
		vars = map[string]any{}
	}
	vars["id"] = id
	return map[string]any{"query": a.operation, "variables": vars}
}

func (a attack) body(t *testing.T, id string) string {
	t.Helper()
	raw, err := json.Marshal(a.request(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func overPost(t *testing.T, w *tenancy, token string, a attack, id string) answer {
	t.Helper()
	return answerOf(t, send(t, http.MethodPost, w.App.URL()+"/graphql", token, a.body(t, id), nil), id)
}

// overEvents returns the first answer of an event stream.
func overEvents(t *testing.T, w *tenancy, token string, a attack, id string) answer {
	t.Helper()
	got := answerOf(t, send(t, http.MethodPost, w.App.URL()+"/graphql", token, a.body(t, id), http.Header{"Accept": {"text/event-stream"}}), id)
	for line := range strings.Lines(got.body) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			got.body = strings.TrimSpace(data)
			return got
		}
	}
	return got
}

// overSocket returns the first answer of a socket, in the form of the others.
func overSocket(t *testing.T, w *tenancy, token string, a attack, id string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, w.App.URL()+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	var frame struct {
		Type    string
		Payload json.RawMessage
	}
	for _, message := range []any{
		map[string]any{"type": "connection_init"},
		map[string]any{"type": "subscribe", "id": "1", "payload": a.request(id)},
	} {
		if err := wsjson.Write(ctx, conn, message); err != nil {
			t.Fatal(err)
		}
		if err := wsjson.Read(ctx, conn, &frame); err != nil {
			t.Fatal(err)
		}
	}
	body := string(frame.Payload)
	if frame.Type == "error" {
		body = `{"errors":` + body + `}`
	}
	return answer{http.StatusOK, withoutID(body, id)}
}

// controls asks the same of those who may: what fails above must not fail for
// its own reasons.
func (w *tenancy) controls(t *testing.T, schema *ast.Schema) {
	t.Helper()
	lines := slices.SortedFunc(maps.Keys(attacks), func(a, b string) int {
		if attacks[a].destroys != attacks[b].destroys {
			return map[bool]int{false: -1, true: 1}[attacks[a].destroys]
		}
		return strings.Compare(a, b)
	})
	// A plan goes last, and takes with it what hangs on it.
	lines = append(slices.DeleteFunc(lines, func(l string) bool { return l == "Mutation.deletePlan(input.id)" }), "Mutation.deletePlan(input.id)")
	for _, line := range lines {
		a, token := attacks[line], w.theirs.Token
		if a.people {
			token = w.theirs.person
		}
		if permission(rootField(schema, line)) == "instance" {
			token = w.Token
		}
		for _, carrier := range carriersOf(line) {
			got := carrier.ask(t, w, token, a, w.theirs.ids[a.takes])
			ended := strings.Contains(got.body, `"CONFLICT"`) // such as pausing a run that has ended: it was found
			found := ended || a.refused != "" && strings.Contains(got.body, a.refused)
			if got.status != http.StatusOK || strings.Contains(got.body, `"errors"`) && !found || a.want == null && a.want.broken(got) == "" || a.want == empty && a.want.broken(got) == "" {
				t.Errorf("%s: its own project gets %v over %s", line, got, carrier.name)
			}
		}
	}
}

// nodeTypes says which ids show a type through node(id).
var nodeTypes = map[string]ident.Type{
	"Plan": ident.Plan, "PlanVersion": ident.PlanVersion, "Run": ident.Run, "Result": ident.Result, "Artifact": ident.Artifact,
	"Schedule": ident.Schedule, "Trigger": ident.Trigger, "Webhook": ident.Webhook, "WebhookDelivery": ident.Delivery,
	"Reservation": ident.Reservation, "Project": ident.Project, "Member": ident.Member, "ServiceAccount": ident.ServiceAccount,
	"ApiToken": ident.Token, "Baseline": ident.Baseline, "Comparison": ident.Comparison, "Assessment": ident.Assessment, "FailureCluster": ident.FailureCluster,
	"BrowserSession": ident.BrowserSession, "BrowserCommand": ident.BrowserCommand,
	"Generation": ident.Generation, "GeneratedCase": ident.GeneratedCase,
}

// attackNodes tries node(id) with every id that there is, of whatever type.
func (w *tenancy) attackNodes(t *testing.T, schema *ast.Schema, secrets []string) {
	t.Helper()
	for _, def := range schema.PossibleTypes["Node"] {
		typ, ok := nodeTypes[def.Name]
		if !ok {
			t.Errorf("%s is a Node and nobody tries node(id) with another project's: add its type of id to nodeTypes", def.Name)
			continue
		}
		own := overPost(t, w, w.ours.Token, attacks["Query.node(id)"], w.ours.ids[typ])
		if !strings.HasPrefix(own.body, `{"data":{"node":{"id":"ID"}}`) {
			t.Errorf("one's own %s is not shown: %s", def.Name, own.body)
		}
	}
	a := attack{want: null, operation: `query($id: ID!) { node(id: $id) { __typename id } }`}
	for typ, id := range w.theirs.ids {
		foreign, absent := overPost(t, w, w.ours.Token, a, id), overPost(t, w, w.ours.Token, a, missing(id))
		if diff := cmp.Diff(absent, foreign, cmp.AllowUnexported(answer{})); diff != "" || null.broken(foreign) != "" {
			t.Errorf("another's %s gets %s (-missing +another's):\n%s", typ.Noun(), foreign.body, diff)
		}
		silent(t, foreign.body, secrets)
	}
}
