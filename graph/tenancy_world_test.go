package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/failure"
	"github.com/semantest/semantest/ent/generatedcase"
	"github.com/semantest/semantest/ent/generation"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/ent/serviceaccount"
	"github.com/semantest/semantest/ent/user"
	"github.com/semantest/semantest/ent/webhookdelivery"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// tenancy is a server with two projects that have the same of everything. One of
// them is the attacker's, the other the victim's.
type tenancy struct {
	*apptest.Server // its token is the instance's
	db              *store.Store
	ours, theirs    *tenant
}

// tenant is a project with one of each kind of object. Whatever people can name
// in it bears its mark.
type tenant struct {
	*apptest.Server // its token is a service account's that administers the project
	project         *ent.Project
	mark            string
	user            *ent.User
	person          string // the token of the user, who administers the project
	ids             map[ident.Type]string
	triggerSecret   string
}

// newTenancy starts the server. Without the wall in the database the services
// stand alone: it is served as a superuser, whom row-level security does not
// bind.
func newTenancy(t *testing.T, databaseWall bool) *tenancy {
	t.Helper()
	o := apptest.Options{
		DatabaseURL: storetest.URL(t), Permissions: []string{"admin", "instance"},
		Executors: []executors.Executor{fake.New(spec.KindAPI)},
	}
	if !databaseWall {
		o.OwnerURL = o.DatabaseURL
	}
	w := &tenancy{Server: apptest.Start(t, o)}
	db, err := store.Open(t.Context(), w.DatabaseURL, store.Options{AllProjects: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	w.ours, w.theirs = w.tenant(t, "quokka"), w.tenant(t, "wombat")
	return w
}

func (w *tenancy) tenant(t *testing.T, mark string) *tenant {
	t.Helper()
	ctx := t.Context()
	out := &tenant{mark: mark, ids: map[ident.Type]string{}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	person := map[string]any{"email": mark + "@example.test", "name": mark, "password": "the password of " + mark}
	w.Query(t, `mutation($email: String!, $name: String!, $password: String!) {
		createUser(input: {email: $email, name: $name, password: $password}) { user { id } } }`, person)
	out.user, err = w.db.Ent.User.Query().Where(user.Email(mark + "@example.test")).Only(ctx) //nolint:forbidigo // the test looks past the services
	must(err)
	w.Query(t, `mutation($slug: String!, $user: String!) {
		createProject(input: {slug: $slug, administrator: $user}) { project { id } } }`,
		map[string]any{"slug": mark, "user": out.user.Email})
	out.project, err = w.db.Ent.Project.Query().Where(project.Slug(mark)).Only(ctx) //nolint:forbidigo // the same
	must(err)

	account, err := w.db.Ent.ServiceAccount.Create().SetProjectID(out.project.ID).
		SetName(mark + " itself").SetRole(serviceaccount.RoleAdmin).Save(ctx)
	must(err)
	_, secret, err := auth.New(w.db).CreateToken(ctx, auth.NewToken{ProjectID: out.project.ID, Account: account, Name: mark})
	must(err)
	api, err := client.New(w.App.URL(), secret)
	must(err)
	out.ids[ident.ServiceAccount] = account.ID
	delete(person, "name")
	login := w.Query(t, `mutation($email: String!, $password: String!) { login(input: {email: $email, password: $password}) { accessToken } }`, person)
	out.person = login["login"].(map[string]any)["accessToken"].(string)
	out.Server = &apptest.Server{App: w.App, Client: api, Token: secret, DatabaseURL: w.DatabaseURL}
	w.fill(t, out)
	return out
}

// fill makes one of everything.
func (w *tenancy) fill(t *testing.T, p *tenant) {
	t.Helper()
	ctx := t.Context()
	plan := p.Query(t, `mutation($s: String!) { createPlan(input: {source: $s}) { plan { id version { id } } } }`,
		map[string]any{"s": planOf(p.mark)})["createPlan"].(map[string]any)["plan"].(map[string]any)
	p.ids[ident.Plan], p.ids[ident.PlanVersion] = plan["id"].(string), plan["version"].(map[string]any)["id"].(string)
	p.ids[ident.Run] = p.Run(t, planOf(p.mark))
	p.Follow(t, p.ids[ident.Run])
	p.Query(t, `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`, map[string]any{"id": p.ids[ident.Run]})
	// The oldest and the newest comparison still wait.
	p.Query(t, `mutation($id: ID!) { acceptBaseline(input: {comparisonId: $id}) { comparison { id } } }`,
		map[string]any{"id": w.text(t, "SELECT id FROM comparisons WHERE project_id = $1 ORDER BY id OFFSET 1 LIMIT 1", p.project.ID)})
	made := func(typ ident.Type, operation string, vars map[string]any) map[string]any {
		t.Helper()
		for _, payload := range p.Query(t, operation, vars) {
			payload := payload.(map[string]any)
			for _, made := range payload {
				if row, ok := made.(map[string]any); ok {
					p.ids[typ] = row["id"].(string)
				}
			}
			return payload
		}
		return nil
	}
	made(ident.Schedule, `mutation($plan: ID!, $n: String!) { createSchedule(input: {planId: $plan, name: $n, cron: "0 0 1 1 *", environment: $n}) { schedule { id } } }`,
		map[string]any{"plan": p.ids[ident.Plan], "n": p.mark})
	p.triggerSecret = made(ident.Trigger, `mutation($plan: ID!, $n: String!) { createTrigger(input: {planId: $plan, name: $n}) { trigger { id } secret } }`,
		map[string]any{"plan": p.ids[ident.Plan], "n": p.mark})["secret"].(string)
	made(ident.Webhook, `mutation($url: String!, $n: String!) { createWebhook(input: {url: $url, description: $n}) { webhook { id } } }`,
		map[string]any{"url": "http://127.0.0.1:1/" + p.mark, "n": p.mark})
	p.Query(t, `mutation($n: String!) { createServiceAccount(input: {name: $n, role: EDITOR}) { serviceAccount { id } } }`, map[string]any{"n": p.mark})
	made(ident.Token, `mutation($a: ID!, $n: String!) { createApiToken(input: {serviceAccountId: $a, name: $n}) { apiToken { id } } }`,
		map[string]any{"a": p.ids[ident.ServiceAccount], "n": p.mark})
	second, err := w.db.Ent.User.Create().SetEmail("second-" + p.mark + "@example.test").Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made(ident.Member, `mutation($e: String!) { addMember(input: {email: $e, role: EDITOR}) { member { id } } }`, map[string]any{"e": second.Email})
	p.Query(t, `mutation { setProjectLimits(input: {maxParallel: 7, environmentLimits: [{environment: "`+p.mark+`", maxRuns: 3}]}) { project { id } } }`, nil)
	w.Query(t, `mutation($p: ID!, $n: String!, $end: Time!) { allocateSlots(input: {projectId: $p, kind: API, slots: 1, note: $n, endsAt: $end}) { reservation { id } } }`,
		map[string]any{"p": p.project.ID, "n": p.mark, "end": time.Now().Add(time.Hour).Format(time.RFC3339)})

	made(ident.BrowserSession, `mutation($u: String!) { createBrowserSession(input: {url: $u, expiresIn: 3600}) { session { id } } }`,
		map[string]any{"u": "http://127.0.0.1:1/" + p.mark})
	made(ident.BrowserCommand, `mutation($id: ID!, $s: String!) { performBrowserSteps(input: {sessionId: $id, waitMs: 0, steps: $s}) { command { id } } }`,
		map[string]any{"id": p.ids[ident.BrowserSession], "s": "- goto: /" + p.mark})
	p.Query(t, `mutation($id: ID!) { closeBrowserSession(input: {id: $id}) { session { id } } }`, map[string]any{"id": p.ids[ident.BrowserSession]})

	// What only the server itself makes, or people.
	d, err := w.db.Ent.WebhookDelivery.Create().SetProjectID(p.project.ID).SetWebhookID(p.ids[ident.Webhook]).SetEventID("evt_" + p.mark).
		SetType("test.execution.completed").SetPayload([]byte(`{"mark":"` + p.mark + `"}`)).SetStatus(webhookdelivery.StatusDelivered).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.db.Ent.Secret.Create().SetProjectID(p.project.ID).SetName(strings.ToUpper(p.mark)).SetSealedValue([]byte{1}).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := w.db.Ent.FailureCluster.Create().SetProjectID(p.project.ID).SetSignature("1:" + p.mark).SetTitle(p.mark).SetCause("UNKNOWN").
		SetFirstRunID(p.ids[ident.Run]).SetFirstSeenAt(time.Now()).SetLastSeenAt(time.Now()).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.ids[ident.FailureCluster] = cluster.ID
	p.ids[ident.Delivery] = d.ID
	w.generated(t, p)
	p.ids[ident.Session] = w.text(t, "SELECT id FROM sessions WHERE user_id = $1", p.user.ID)
	p.ids[ident.Project], p.ids[ident.User] = p.project.ID, p.user.ID
	for typ, table := range map[ident.Type]string{ident.Reservation: "reservations", ident.Secret: "secrets", ident.AuditEntry: "audit_entries", ident.Attempt: "attempts",
		ident.Result: "results", ident.Baseline: "baselines", ident.Comparison: "comparisons", ident.Assessment: "assessments"} {
		p.ids[typ] = w.text(t, "SELECT id FROM "+table+" WHERE project_id = $1 ORDER BY id LIMIT 1", p.project.ID)
	}
	// On a busy machine the case may have failed by itself, which the server wrote down.
	if _, err := w.db.Ent.Failure.Delete().Where(failure.ResultID(p.ids[ident.Result])).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	err = w.db.Ent.Failure.Create().SetProjectID(p.project.ID).SetClusterID(cluster.ID).SetRunID(p.ids[ident.Run]).SetResultID(p.ids[ident.Result]).
		SetPlanID(p.ids[ident.Plan]).SetCaseKey(p.mark).SetAttempt(1).SetMessage(p.mark).SetAt(time.Now()).Exec(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Cases run at the same time: the oldest artifact may belong to any of their
	// results, and a reader of first pages meets those of the oldest result.
	p.ids[ident.Artifact] = w.text(t, "SELECT id FROM artifacts WHERE result_id = $1 ORDER BY id LIMIT 1", p.ids[ident.Result])
	for typ, id := range p.ids {
		if err := ident.Validate(typ, id); err != nil {
			t.Fatalf("the %s of %s: %v", typ.Noun(), p.mark, err)
		}
	}
}

// generated makes a generation that is over, with cases that wait for a person,
// and one that nobody performs.
func (w *tenancy) generated(t *testing.T, p *tenant) {
	t.Helper()
	ctx := t.Context()
	create := func() *ent.GenerationCreate {
		return w.db.Ent.Generation.Create().SetProjectID(p.project.ID).SetSource(generation.SourceOpenapi).SetRequest([]byte(`{}`)).
			SetTimeoutMs(1000).SetCreatedByName(p.mark)
	}
	over, err := create().SetStatus(generation.StatusCompleted).SetFinishedAt(time.Now()).SetFrame([]byte(`{"Name": "` + p.mark + `"}`)).SetNotes([]string{p.mark}).SetLastSeq(1).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Ent.GenerationEvent.Create().SetGenerationID(over.ID).SetSeq(1).SetStage("finished").SetTried(2).SetCandidates(2).
		SetProposed(2).SetCaseID(p.mark).SetAt(time.Now()).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"a", "b"} {
		row, err := w.db.Ent.GeneratedCase.Create().SetProjectID(p.project.ID).SetGenerationID(over.ID).SetOrdinal(i).SetCaseID(id).SetName(p.mark).
			SetKind("api").SetSource("id: " + id + "\nkind: api\nsteps: [{http: /}]").SetState(generatedcase.StateProposed).SetConfidence(0.5).
			SetCites([]schema.CaseCite{}).SetCovers([]string{}).SetChecks([]schema.CaseCheck{}).Save(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p.ids[ident.GeneratedCase] = row.ID
		}
	}
	if _, err := create().Save(ctx); err != nil {
		t.Fatal(err)
	}
	p.ids[ident.Generation] = over.ID
}

func planOf(mark string) string {
	return fmt.Sprintf(`
version: "1"
name: %[1]s
description: %[1]s
tags: [%[1]s]
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: a, name: %[1]s, kind: api, tags: [fake.attach-20, fake.logs-2, fake.metrics-1], steps: [{http: /}]}
  - {id: b, kind: api, tags: [fake.picture-%[1]s-1], steps: [{http: /}]}
  - {id: c, kind: api, tags: [fake.picture-%[1]s-2], steps: [{http: /}]}
  - {id: d, kind: api, tags: [fake.picture-%[1]s-3], steps: [{http: /}]}
  - {id: e, kind: api, tags: [fake.picture-%[1]s-4], steps: [{http: /}]}
schedule: {cron: "0 0 1 1 *"}
`, mark)
}

// missing is an id of the same type as another one, of nothing.
func missing(id string) string { return ident.New(ident.TypeOf(id)) }

// known is what nobody else may learn of a project: its mark and all ids in it.
func (w *tenancy) known(t *testing.T, p *tenant) []string {
	t.Helper()
	out := []string{p.mark, p.project.ID, p.user.ID, p.ids[ident.Session]}
	for _, table := range w.tables(t) {
		list := w.text(t, "SELECT COALESCE(string_agg(id::text, ' '), '') FROM "+table+" WHERE project_id = $1", p.project.ID)
		out = append(out, slices.DeleteFunc(strings.Fields(list), func(id string) bool { return ident.TypeOf(id) == "" })...)
	}
	return out
}

// state is all that the database holds of a project.
func (w *tenancy) state(t *testing.T, p *tenant) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range w.tables(t) {
		out[table] = w.text(t, "SELECT COALESCE(string_agg(r::text, E'\\n' ORDER BY r::text), '') FROM "+table+" r WHERE project_id = $1", p.project.ID)
	}
	out["run_events"] = w.text(t, "SELECT count(*)::text FROM run_events JOIN runs ON runs.id = run_id WHERE project_id = $1", p.project.ID)
	out["projects"] = w.text(t, "SELECT r::text FROM projects r WHERE id = $1", p.project.ID)
	return out
}

// tables are those whose rows name their project.
func (w *tenancy) tables(t *testing.T) []string {
	t.Helper()
	const query = `SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM information_schema.columns
WHERE column_name = 'project_id' AND table_schema = current_schema() AND $1 <> ''`
	return strings.Fields(w.text(t, query, "all"))
}

func (w *tenancy) text(t *testing.T, query, arg string) (out string) {
	t.Helper()
	if err := w.db.DB.QueryRowContext(t.Context(), query, arg).Scan(&out); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// answer is what a request got, with the id that it named and what differs from
// request to request taken out.
type answer struct {
	status int
	body   string
}

var requestIDs = regexp.MustCompile(`req_[0-9a-z]{26}`)

func answerOf(t *testing.T, res *http.Response, id string) answer {
	t.Helper()
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, withoutID(string(raw), id)}
}

func withoutID(body, id string) string {
	body = requestIDs.ReplaceAllString(body, "REQUEST")
	if id == "" {
		return body
	}
	return strings.ReplaceAll(body, id, "ID")
}

// send performs one request in the name of a token.
func send(t *testing.T, method, url, token, body string, header http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range header {
		req.Header[k] = v
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
