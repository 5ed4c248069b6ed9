package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/ident"
)

// audited is a mutation and what the audit log says of it.
type audited struct {
	mutation string
	action   string // empty for one that changes nothing
	by       string // who asks: the instance's administrator, a person, or else the project's service account
	input    string // with $id
	of       ident.Type
	newest   bool // the newest of the kind, instead of the project's first
	selects  string
}

// trail is every mutation, in an order in which each finds what it needs.
var trail = []audited{
	{mutation: "createUser", action: "user.created", by: "instance", input: `email: "third@example.test", password: "a long enough password"`, selects: "user { id }"},
	{mutation: "updateUser", action: "user.updated", by: "instance", of: ident.User, input: `id: $id, name: "Q"`, selects: "user { id }"},
	{mutation: "createProject", action: "project.created", by: "instance", input: `slug: "third"`, selects: "project { id }"},
	{mutation: "updateProject", action: "project.updated", input: `name: "Q"`, selects: "project { id }"},
	{mutation: "grantLoad", action: "project.load_granted", by: "instance", of: ident.Project, input: `projectId: $id, maxVirtualUsers: 5000, hosts: ["shop.test"]`, selects: "project { id }"},
	{mutation: "setProjectLimits", action: "project.limits_set", input: `maxParallel: 9`, selects: "project { id }"},
	{mutation: "addMember", action: "member.added", input: `email: "third@example.test", role: VIEWER`, selects: "member { id }"},
	{mutation: "setMemberRole", action: "member.updated", of: ident.Member, newest: true, input: `id: $id, role: ADMIN`, selects: "member { id }"},
	{mutation: "removeMember", action: "member.removed", of: ident.Member, input: `id: $id`, selects: "id"},
	{mutation: "createServiceAccount", action: "service_account.created", input: `name: "more", role: VIEWER`, selects: "serviceAccount { id }"},
	{mutation: "createApiToken", action: "token.created", of: ident.ServiceAccount, input: `serviceAccountId: $id, name: "more"`, selects: "apiToken { id }"},
	{mutation: "revokeApiToken", action: "token.revoked", of: ident.Token, input: `id: $id`, selects: "apiToken { id }"},
	{mutation: "updateServiceAccount", action: "service_account.updated", of: ident.ServiceAccount, input: `id: $id, role: ADMIN`, selects: "serviceAccount { id }"},
	{mutation: "setSecret", action: "secret.created", input: `name: "API_TOKEN", value: "hush-hush"`, selects: "secret { id }"},
	{mutation: "deleteSecret", action: "secret.deleted", input: `name: "API_TOKEN"`, selects: "id"},
	{mutation: "createPlan", action: "plan.created", input: `source: "version: \"1\"\nname: N\ncases: [{id: a, kind: api, steps: [{http: /}]}]"`, selects: "plan { id }"},
	{mutation: "updatePlan", action: "plan.updated", of: ident.Plan, input: `id: $id, source: "version: \"1\"\nname: M\ncases: [{id: a, kind: api, steps: [{http: /}]}]"`, selects: "plan { id }"},
	{mutation: "validatePlan", input: `source: "version: \"1\""`, selects: "validation { valid }"},
	{mutation: "validateSchema", input: `schema: "true"`, selects: "validation { valid }"},
	{mutation: "validateResponse", input: `openapi: "{\"openapi\": \"3.1.0\", \"paths\": {\"/\": {\"get\": {\"responses\": {}}}}}", method: "GET", path: "/", status: 200`, selects: "validation { valid }"},
	{mutation: "validateContract", input: `base: "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"t\", \"version\": \"1\"}, \"paths\": {}}", revision: "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"t\", \"version\": \"1\"}, \"paths\": {}}"`, selects: "validation { compatible }"},
	{mutation: "createSchedule", action: "schedule.created", of: ident.Plan, input: `planId: $id, name: "n", cron: "0 0 1 1 *"`, selects: "schedule { id }"},
	{mutation: "updateSchedule", action: "schedule.updated", of: ident.Schedule, input: `id: $id, paused: true`, selects: "schedule { id }"},
	{mutation: "deleteSchedule", action: "schedule.deleted", of: ident.Schedule, input: `id: $id`, selects: "id"},
	{mutation: "createTrigger", action: "trigger.created", of: ident.Plan, input: `planId: $id, name: "n"`, selects: "trigger { id }"},
	{mutation: "updateTrigger", action: "trigger.updated", of: ident.Trigger, input: `id: $id, enabled: false`, selects: "trigger { id }"},
	{mutation: "rotateTriggerSecret", action: "trigger.secret_rotated", of: ident.Trigger, input: `id: $id`, selects: "trigger { id }"},
	{mutation: "deleteTrigger", action: "trigger.deleted", of: ident.Trigger, input: `id: $id`, selects: "id"},
	{mutation: "createWebhook", action: "webhook.created", input: `url: "http://127.0.0.1:1/"`, selects: "webhook { id }"},
	{mutation: "updateWebhook", action: "webhook.updated", of: ident.Webhook, input: `id: $id, description: "n"`, selects: "webhook { id }"},
	{mutation: "rotateWebhookSecret", action: "webhook.secret_rotated", of: ident.Webhook, input: `id: $id`, selects: "webhook { id }"},
	{mutation: "testWebhook", action: "webhook.tested", of: ident.Webhook, input: `id: $id`, selects: "delivery { id }"},
	{mutation: "redeliverWebhook", action: "webhook.redelivered", of: ident.Delivery, input: `deliveryId: $id`, selects: "delivery { id }"},
	{mutation: "deleteWebhook", action: "webhook.deleted", of: ident.Webhook, input: `id: $id`, selects: "id"},
	{mutation: "acceptBaseline", action: "baseline.accepted", of: ident.Comparison, input: `comparisonId: $id`, selects: "comparison { id }"},
	{mutation: "rejectBaseline", newest: true, action: "baseline.rejected", of: ident.Comparison, input: `comparisonId: $id`, selects: "comparison { id }"},
	{mutation: "acceptAll", action: "baseline.accepted", of: ident.Run, input: `runId: $id`, selects: "left"},
	{mutation: "promoteBaselines", action: "baseline.promoted", input: `branch: "main", into: "release"`, selects: "into"},
	{mutation: "removeBaseline", action: "baseline.removed", of: ident.Baseline, input: `id: $id`, selects: "baseline { id }"},
	{mutation: "assessRun", action: "assessment.made", of: ident.Run, input: `runId: $id, fresh: true`, selects: "assessment { id }"},
	{mutation: "analyzeFailures", action: "failures.analyzed", of: ident.FailureCluster, input: `clusterId: $id`, selects: "clusters { id }"},
	{mutation: "assessResult", action: "assessment.made", of: ident.Result, input: `resultId: $id`, selects: "assessment { id }"},
	{mutation: "judgePair", action: "assessment.compared", of: ident.Assessment, input: `a: $id, b: OTHER`, selects: "judgement { status }"},
	{mutation: "labelAssessment", action: "assessment.labelled", of: ident.Assessment, input: `assessmentId: $id, criterion: FUNCTIONALITY, label: PASS`, selects: "label { id }"},
	{mutation: "approveGeneratedCases", action: "generated_case.accepted", of: ident.GeneratedCase, input: `ids: [$id]`, selects: "plan { id }"},
	{mutation: "rejectGeneratedCases", newest: true, action: "generated_case.rejected", of: ident.GeneratedCase, input: `ids: [$id]`, selects: "cases { id }"},
	{mutation: "cancelGeneration", newest: true, action: "generation.cancelled", of: ident.Generation, input: `id: $id`, selects: "generation { id }"},
	{mutation: "generateTestCases", action: "generation.started", input: `source: {openapi: "openapi: 3.1.0"}`, selects: "generation { id }"},
	{mutation: "proposePlan", action: "generation.started", input: `source: {openapi: "openapi: 3.1.0"}`, selects: "generation { id }"},
	{mutation: "startRun", action: "run.started", input: `source: "version: \"1\"\nname: Long\ncases: [{id: a, kind: api, tags: [fake.block], steps: [{http: /}]}]"`, selects: "run { id }"},
	{mutation: "pauseRun", newest: true, action: "run.paused", of: ident.Run, input: `id: $id`, selects: "run { id }"},
	{mutation: "resumeRun", newest: true, action: "run.resumed", of: ident.Run, input: `id: $id`, selects: "run { id }"},
	{mutation: "stopRun", newest: true, action: "run.stopped", of: ident.Run, input: `id: $id`, selects: "run { id }"},
	{mutation: "allocateSlots", action: "slots.allocated", by: "instance", of: ident.Project, input: `projectId: $id, kind: API, slots: 1, endsAt: "SOON"`, selects: "reservation { id }"},
	{mutation: "releaseSlots", newest: true, action: "slots.released", by: "instance", of: ident.Reservation, input: `id: $id`, selects: "reservation { id }"},
	{mutation: "createBrowserSession", action: "browser_session.created", input: `url: "http://127.0.0.1:1/"`, selects: "session { id }"},
	{mutation: "performBrowserSteps", newest: true, action: "browser_session.performed", of: ident.BrowserSession, input: `sessionId: $id, steps: "- reload: true", waitMs: 0`, selects: "command { id }"},
	{mutation: "closeBrowserSession", newest: true, action: "browser_session.closed", of: ident.BrowserSession, input: `id: $id`, selects: "session { id }"},
	{mutation: "deletePlan", action: "plan.deleted", of: ident.Plan, input: `id: $id`, selects: "id"},
	{mutation: "login", action: "session.created", input: `email: "quokka@example.test", password: "the password of quokka"`, selects: "refreshToken"},
	{mutation: "refreshToken", input: `refreshToken: "REFRESH"`, selects: "accessToken"},
	{mutation: "revokeSession", newest: true, action: "session.revoked", by: "person", of: ident.Session, input: `id: $id`, selects: "session { id }"},
	{mutation: "leaveProject", action: "member.left", by: "person", input: `clientMutationId: "x"`, selects: "id"},
	{mutation: "changePassword", action: "user.password_changed", by: "person", input: `currentPassword: "the password of quokka", newPassword: "another long password"`, selects: "user { id }"},
	{mutation: "logout", action: "session.revoked", by: "person", input: `clientMutationId: "x"`, selects: "clientMutationId"},
}

// TestEveryMutationIsAudited performs every mutation of the schema and looks for
// its entry in the audit log, with who did it.
func TestEveryMutationIsAudited(t *testing.T) {
	t.Parallel()
	everyMutationIsTried(t)
	w := newTenancy(t, true)
	people, err := client.New(w.App.URL(), w.ours.person)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]*apptest.Server{
		"": w.ours.Server, "instance": w.Server, "person": {App: w.App, Client: people, DatabaseURL: w.DatabaseURL},
	}
	refresh := ""
	for _, step := range trail {
		id := w.idFor(t, step)
		before := w.entries(t, step.action)
		input := strings.NewReplacer(
			"$id", fmt.Sprintf("%q", id), "OTHER", w.otherAssessment(t, step, id), "REFRESH", refresh, "SOON", time.Now().Add(time.Hour).Format(time.RFC3339),
		).Replace(step.input)
		data := callers[step.by].Query(t, fmt.Sprintf("mutation { %s(input: {%s}) { %s } }", step.mutation, input, step.selects), nil)
		if token, ok := data[step.mutation].(map[string]any)["refreshToken"].(string); ok {
			refresh = token
		}
		after := w.entries(t, step.action)
		if step.action == "" {
			if after != before {
				t.Errorf("%s left %d entries in the audit log, want none", step.mutation, after-before)
			}
			continue
		}
		if after-before < 1 {
			t.Errorf("%s left no entry %s in the audit log", step.mutation, step.action)
			continue
		}
		const newest = "SELECT actor_kind || ' ' || actor_name || ' ' || (address <> '') FROM audit_entries WHERE action = $1 ORDER BY id DESC LIMIT 1"
		who := map[string]string{"": "service_account quokka", "instance": "token", "person": "user quokka@example.test"}[step.by]
		if step.mutation == "login" {
			who = "user"
		}
		if got := w.text(t, newest, step.action); !strings.HasPrefix(got, who) || !strings.HasSuffix(got, "true") {
			t.Errorf("%s: the entry is of %q, want %q with an address", step.mutation, got, who)
		}
	}
}

func everyMutationIsTried(t *testing.T) {
	t.Helper()
	tried := map[string]bool{}
	for _, step := range trail {
		tried[step.mutation] = true
	}
	mutations := loadSchema(t).Mutation.Fields
	for _, f := range mutations {
		if !tried[f.Name] {
			t.Errorf("%s is not tried: add it to trail in audit_test.go, and an audit entry to what it changes", f.Name)
		}
	}
	if len(tried) != len(mutations) {
		t.Errorf("%d mutations are tried, the schema has %d", len(tried), len(mutations))
	}
}

// idFor returns the object that a step is about.
func (w *tenancy) idFor(t *testing.T, step audited) string {
	t.Helper()
	if !step.newest {
		return w.ours.ids[step.of]
	}
	table := map[ident.Type]string{ident.Comparison: "comparisons", ident.Member: "members", ident.Run: "runs", ident.Reservation: "reservations",
		ident.BrowserSession: "browser_sessions", ident.Generation: "generations", ident.GeneratedCase: "generated_cases"}[step.of]
	if table == "" {
		return w.text(t, "SELECT id FROM sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1", w.ours.user.ID)
	}
	return w.text(t, "SELECT id FROM "+table+" WHERE project_id = $1 ORDER BY id DESC LIMIT 1", w.ours.project.ID)
}

// otherAssessment is one that is not about what the given one is about.
func (w *tenancy) otherAssessment(t *testing.T, step audited, id string) string {
	t.Helper()
	if step.mutation != "judgePair" {
		return ""
	}
	return fmt.Sprintf("%q", w.text(t, `SELECT b.id FROM assessments a JOIN assessments b ON b.project_id = a.project_id
		AND (b.run_id, COALESCE(b.result_id, '')) <> (a.run_id, COALESCE(a.result_id, '')) WHERE a.id = $1 LIMIT 1`, id))
}

// entries counts those of an action; of all actions when it is empty.
func (w *tenancy) entries(t *testing.T, action string) (n int) {
	t.Helper()
	const query = "SELECT count(*) FROM audit_entries WHERE $1 IN ('', action)"
	if err := w.db.DB.QueryRowContext(t.Context(), query, action).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
