package graph_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/semantest/semantest/internal/ident"
)

// attack is how one argument is tried that takes an id.
type attack struct {
	takes     ident.Type
	operation string         // with $id
	vars      map[string]any // its other variables
	want      verdict
	people    bool // only users may do it at all
	// destroys says that the operation takes away what others need; its control
	// comes last.
	destroys bool
	// refused is what one's own id is told that was found, where a single one is not
	// enough.
	refused string
}

// verdict is what somebody else's id must get, as a missing one does.
type verdict string

const (
	notFound        verdict = "NOT_FOUND"       // the error
	null            verdict = "null"            // of a nullable field
	empty           verdict = "empty"           // a list without an item: the id is a filter
	unauthenticated verdict = "UNAUTHENTICATED" // for nobody
	forbidden       verdict = "FORBIDDEN"       // whatever the id: the permission instance is asked for
)

// change tries a mutation that takes nothing else than what more says.
func change(name string, takes ident.Type, more, selection string) attack {
	return attack{
		takes: takes, want: notFound,
		operation: fmt.Sprintf(`mutation($id: ID!) { %s(input: {%s%s}) { %s } }`, name, "id: $id", more, selection),
	}
}

// read tries a query of one object.
func read(name string, takes ident.Type) attack {
	return attack{takes: takes, want: null, operation: fmt.Sprintf(`query($id: ID!) { %s(id: $id) { id } }`, name)}
}

func (a attack) destroying() attack { a.destroys = true; return a }

func (a attack) beyond() attack { a.want = forbidden; return a }

func filter(takes ident.Type, operation string) attack {
	return attack{takes: takes, want: empty, operation: operation}
}

func auditFilter(field, of string, takes ident.Type) attack {
	return filter(takes, fmt.Sprintf(`query($id: String!) { %s(filter: {%s: $id}) { nodes { id action } totalCount } }`, field, of))
}

// attacks is the table: every argument of the schema that takes an id has its
// line. TestProjectsAreBlindToEachOther says what is missing.
var attacks = map[string]attack{
	"Query.project(id)":                               read("project", ident.Project),
	"Query.plan(id)":                                  read("plan", ident.Plan),
	"Query.run(id)":                                   read("run", ident.Run),
	"Query.result(id)":                                read("result", ident.Result),
	"Query.schedule(id)":                              read("schedule", ident.Schedule),
	"Query.trigger(id)":                               read("trigger", ident.Trigger),
	"Query.browserSession(id)":                        read("browserSession", ident.BrowserSession),
	"Query.browserCommand(id)":                        read("browserCommand", ident.BrowserCommand),
	"Mutation.performBrowserSteps(input.sessionId)":   {takes: ident.BrowserSession, want: notFound, operation: `mutation($id: ID!) { performBrowserSteps(input: {sessionId: $id, waitMs: 0, steps: "- reload: true"}) { command { id source } } }`},
	"Mutation.closeBrowserSession(input.id)":          change("closeBrowserSession", ident.BrowserSession, "", "session { id url }").destroying(),
	"Query.webhook(id)":                               read("webhook", ident.Webhook),
	"Query.node(id)":                                  read("node", ident.Plan), // each type has its own test
	"Query.runs(planId)":                              filter(ident.Plan, `query($id: ID!) { runs(planId: $id) { nodes { id } totalCount pageInfo { hasNextPage endCursor } } }`),
	"Query.baseline(id)":                              read("baseline", ident.Baseline),
	"Query.baselines(planId)":                         filter(ident.Plan, `query($id: ID!) { baselines(planId: $id) { nodes { id } totalCount pageInfo { hasNextPage endCursor } } }`),
	"Query.assessment(id)":                            read("assessment", ident.Assessment),
	"Query.failureCluster(id)":                        read("failureCluster", ident.FailureCluster),
	"Query.anomalies(planId)":                         {takes: ident.Plan, want: notFound, operation: `query($id: ID!) { anomalies(planId: $id) { runId } }`},
	"Mutation.analyzeFailures(input.runId)":           {takes: ident.Run, want: notFound, operation: `mutation($id: ID!) { analyzeFailures(input: {runId: $id}) { clusters { id } } }`},
	"Mutation.analyzeFailures(input.clusterId)":       {takes: ident.FailureCluster, want: notFound, operation: `mutation($id: ID!) { analyzeFailures(input: {clusterId: $id}) { clusters { id } } }`},
	"Query.exportPlan(planId)":                        {takes: ident.Plan, want: notFound, operation: `query($id: ID!) { exportPlan(planId: $id, format: GO) { cases files { path content } } }`},
	"Query.generation(id)":                            read("generation", ident.Generation),
	"Mutation.generateTestCases(input.planId)":        {takes: ident.Plan, want: notFound, operation: `mutation($id: ID!) { generateTestCases(input: {source: {openapi: "openapi: 3.1.0"}, planId: $id}) { generation { id } } }`},
	"Mutation.proposePlan(input.planId)":              {takes: ident.Plan, want: notFound, operation: `mutation($id: ID!) { proposePlan(input: {source: {openapi: "openapi: 3.1.0"}, planId: $id}) { generation { id } } }`},
	"Mutation.cancelGeneration(input.id)":             change("cancelGeneration", ident.Generation, "", "generation { id }"),
	"Mutation.approveGeneratedCases(input.ids)":       {takes: ident.GeneratedCase, want: notFound, operation: `mutation($id: ID!) { approveGeneratedCases(input: {ids: [$id]}) { plan { id } } }`},
	"Mutation.rejectGeneratedCases(input.ids)":        {takes: ident.GeneratedCase, want: notFound, operation: `mutation($id: ID!) { rejectGeneratedCases(input: {ids: [$id]}) { cases { id } } }`},
	"Query.qualityReport(runId)":                      {takes: ident.Run, want: null, operation: `query($id: ID!) { qualityReport(runId: $id) { content assessment { id } } }`},
	"Mutation.assessRun(input.runId)":                 {takes: ident.Run, want: notFound, operation: `mutation($id: ID!) { assessRun(input: {runId: $id}) { assessment { id } } }`},
	"Query.compareAssessments(a)":                     {takes: ident.Assessment, want: null, operation: `query($id: ID!) { compareAssessments(a: $id, b: $id) { a { id } } }`},
	"Query.compareAssessments(b)":                     {takes: ident.Assessment, want: null, operation: `query($id: ID!) { compareAssessments(a: $id, b: $id) { b { id } } }`},
	"Mutation.judgePair(input.a)":                     {takes: ident.Assessment, want: notFound, refused: "both assessments are about the same measurements", operation: `mutation($id: ID!) { judgePair(input: {a: $id, b: $id}) { judgement { status } } }`},
	"Mutation.judgePair(input.b)":                     {takes: ident.Assessment, want: notFound, refused: "both assessments are about the same measurements", operation: `mutation($id: ID!) { judgePair(input: {a: $id, b: $id}) { judgement { status } } }`},
	"Mutation.labelAssessment(input.assessmentId)":    {takes: ident.Assessment, want: notFound, operation: `mutation($id: ID!) { labelAssessment(input: {assessmentId: $id, criterion: FUNCTIONALITY, label: PASS}) { label { id } } }`},
	"Mutation.assessResult(input.resultId)":           {takes: ident.Result, want: notFound, operation: `mutation($id: ID!) { assessResult(input: {resultId: $id}) { assessment { id } } }`},
	"Query.comparison(id)":                            read("comparison", ident.Comparison),
	"Query.pendingComparisons(runId)":                 {takes: ident.Run, want: notFound, operation: `query($id: ID!) { pendingComparisons(runId: $id) { nodes { id } } }`},
	"Mutation.acceptBaseline(input.comparisonId)":     {takes: ident.Comparison, want: notFound, destroys: true, operation: `mutation($id: ID!) { acceptBaseline(input: {comparisonId: $id}) { comparison { id name } } }`},
	"Mutation.rejectBaseline(input.comparisonId)":     {takes: ident.Comparison, want: notFound, operation: `mutation($id: ID!) { rejectBaseline(input: {comparisonId: $id}) { comparison { id name } } }`},
	"Mutation.acceptAll(input.runId)":                 {takes: ident.Run, want: notFound, destroys: true, operation: `mutation($id: ID!) { acceptAll(input: {runId: $id}) { left comparisons { id } } }`},
	"Mutation.removeBaseline(input.id)":               change("removeBaseline", ident.Baseline, "", "baseline { id name }").destroying(),
	"Query.auditLog(filter.actorId)":                  auditFilter("auditLog", "actorId", ident.ServiceAccount),
	"Query.auditLog(filter.objectId)":                 auditFilter("auditLog", "objectId", ident.Plan),
	"Query.instanceAuditLog(filter.actorId)":          auditFilter("instanceAuditLog", "actorId", ident.ServiceAccount).beyond(),
	"Query.instanceAuditLog(filter.objectId)":         auditFilter("instanceAuditLog", "objectId", ident.Plan).beyond(),
	"Mutation.updatePlan(input.id)":                   change("updatePlan", ident.Plan, `, source: "version: \"1\"\nname: N\ncases: [{id: a, kind: api, steps: [{http: /}]}]"`, "plan { id name }"),
	"Mutation.deletePlan(input.id)":                   change("deletePlan", ident.Plan, "", "id").destroying(),
	"Mutation.pauseRun(input.id)":                     change("pauseRun", ident.Run, "", "run { id }"),
	"Mutation.resumeRun(input.id)":                    change("resumeRun", ident.Run, "", "run { id }"),
	"Mutation.stopRun(input.id)":                      change("stopRun", ident.Run, "", "run { id }"),
	"Mutation.updateSchedule(input.id)":               change("updateSchedule", ident.Schedule, `, paused: true`, "schedule { id }"),
	"Mutation.deleteSchedule(input.id)":               change("deleteSchedule", ident.Schedule, "", "id").destroying(),
	"Mutation.updateTrigger(input.id)":                change("updateTrigger", ident.Trigger, `, enabled: false`, "trigger { id }"),
	"Mutation.rotateTriggerSecret(input.id)":          change("rotateTriggerSecret", ident.Trigger, "", "trigger { id } secret"),
	"Mutation.deleteTrigger(input.id)":                change("deleteTrigger", ident.Trigger, "", "id").destroying(),
	"Mutation.updateWebhook(input.id)":                change("updateWebhook", ident.Webhook, `, url: "http://127.0.0.1:2/"`, "webhook { id }"),
	"Mutation.deleteWebhook(input.id)":                change("deleteWebhook", ident.Webhook, "", "id").destroying(),
	"Mutation.rotateWebhookSecret(input.id)":          change("rotateWebhookSecret", ident.Webhook, "", "webhook { id } secret"),
	"Mutation.testWebhook(input.id)":                  change("testWebhook", ident.Webhook, "", "delivery { id }"),
	"Mutation.setMemberRole(input.id)":                change("setMemberRole", ident.Member, `, role: VIEWER`, "member { id }"),
	"Mutation.removeMember(input.id)":                 change("removeMember", ident.Member, "", "id").destroying(),
	"Mutation.updateServiceAccount(input.id)":         change("updateServiceAccount", ident.ServiceAccount, `, role: ADMIN`, "serviceAccount { id }"),
	"Mutation.revokeApiToken(input.id)":               change("revokeApiToken", ident.Token, "", "apiToken { id }"),
	"Mutation.releaseSlots(input.id)":                 change("releaseSlots", ident.Reservation, "", "reservation { id }").beyond(),
	"Mutation.redeliverWebhook(input.deliveryId)":     {takes: ident.Delivery, want: notFound, operation: `mutation($id: ID!) { redeliverWebhook(input: {deliveryId: $id}) { delivery { id payload } } }`},
	"Mutation.startRun(input.planId)":                 {takes: ident.Plan, want: notFound, operation: `mutation($id: ID!) { startRun(input: {planId: $id}) { run { id } } }`},
	"Mutation.createSchedule(input.planId)":           {takes: ident.Plan, want: notFound, operation: `mutation($id: ID!) { createSchedule(input: {planId: $id, name: "n", cron: "0 0 1 1 *"}) { schedule { id } } }`},
	"Mutation.createTrigger(input.planId)":            {takes: ident.Plan, want: notFound, operation: `mutation($id: ID!) { createTrigger(input: {planId: $id, name: "n"}) { trigger { id } } }`},
	"Mutation.createApiToken(input.serviceAccountId)": {takes: ident.ServiceAccount, want: notFound, operation: `mutation($id: ID!) { createApiToken(input: {serviceAccountId: $id, name: "n"}) { secret } }`},
	"Mutation.allocateSlots(input.projectId)": {
		takes: ident.Project, want: forbidden,
		operation: `mutation($id: ID!, $end: Time!) { allocateSlots(input: {projectId: $id, kind: API, slots: 1, endsAt: $end}) { reservation { id } } }`,
		vars:      map[string]any{"end": time.Now().Add(time.Hour).Format(time.RFC3339)},
	},
	"Mutation.grantLoad(input.projectId)": {
		takes: ident.Project, want: forbidden,
		operation: `mutation($id: ID!) { grantLoad(input: {projectId: $id, maxVirtualUsers: 5000}) { project { id } } }`,
	},
	"Mutation.revokeSession(input.id)":       {takes: ident.Session, want: notFound, people: true, destroys: true, operation: `mutation($id: ID!) { revokeSession(input: {id: $id}) { session { id } } }`},
	"Mutation.updateUser(input.id)":          change("updateUser", ident.User, `, name: "n"`, "user { id }").beyond(),
	"Subscription.runEvents(runId)":          {takes: ident.Run, want: notFound, operation: `subscription($id: ID!) { runEvents(runId: $id) { seq runId title } }`},
	"Subscription.browserSessionChanged(id)": {takes: ident.BrowserSession, want: notFound, operation: `subscription($id: ID!) { browserSessionChanged(id: $id) { id url status } }`},
	"Subscription.runProgress(runId)":        {takes: ident.Run, want: notFound, operation: `subscription($id: ID!) { runProgress(runId: $id) { runId status } }`},
	"Subscription.generationProgress(id)":    {takes: ident.Generation, want: notFound, operation: `subscription($id: ID!) { generationProgress(id: $id) { seq generationId caseId } }`},
}

// idArguments lists every argument of the three roots, and every field of an
// input below one, that takes an id: by its type or by its name.
func idArguments(schema *ast.Schema) (out []string) {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			for _, a := range f.Arguments {
				for _, path := range idPaths(schema, a.Name, a.Type, nil) {
					out = append(out, fmt.Sprintf("%s.%s(%s)", root.Name, f.Name, path))
				}
			}
		}
	}
	return out
}

func idPaths(schema *ast.Schema, path string, typ *ast.Type, above []string) (out []string) {
	name := path[strings.LastIndex(path, ".")+1:]
	if name == "clientMutationId" { // the caller's own word for the request
		return nil
	}
	def := schema.Types[typ.Name()]
	if def.Kind == ast.InputObject {
		for _, seen := range above {
			if seen == def.Name {
				return nil
			}
		}
		for _, f := range def.Fields {
			out = append(out, idPaths(schema, path+"."+f.Name, f.Type, append(above, def.Name))...)
		}
		return out
	}
	if def.Name == "ID" || def.Name == "String" && (strings.EqualFold(name, "id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || strings.HasSuffix(name, "ID")) {
		return []string{path}
	}
	return nil
}

// rootField is the field that a line of the table is about.
func rootField(schema *ast.Schema, line string) *ast.FieldDefinition {
	root, rest, _ := strings.Cut(line, ".")
	name, _, _ := strings.Cut(rest, "(")
	return schema.Types[root].Fields.ForName(name)
}

// permission is what a root field asks for; empty for a public one.
func permission(f *ast.FieldDefinition) string {
	if d := f.Directives.ForName("hasPermission"); d != nil {
		return d.Arguments.ForName("permission").Value.Raw
	}
	return ""
}
