package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// TestGenerationsThatNobodyMakesEnd leaves a generation without a worker in each
// way that there is, until a process comes that can make it. It is of a text that
// is no document, so that its end says whether it was made.
func TestGenerationsThatNobodyMakesEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, heartbeat, job, reason string }{
		{"since their worker died", "now() - interval '1 minute'", "state = 'running', attempt = 1, attempted_by = '{wrk_gone}', attempted_at = now()", "OpenAPI document"},
		{"since the answer to the fetch was lost", "now() + interval '1 hour'", "state = 'running', attempt = 1, attempted_by = '{wrk_gone}', attempted_at = now() - interval '1 hour'", "OpenAPI document"},
		{"since they failed for good", "now() + interval '1 hour'", "state = 'discarded', attempt = 20, finalized_at = now()", "it was tried 20 times"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := apptest.Start(t, apptest.Options{NoWorkers: true, SecretKey: key})
			out := api.Query(t, `mutation { generateTestCases(input: {source: {openapi: "hello"}}) { generation { id } } }`, nil)
			id := out["generateTestCases"].(map[string]any)["generation"].(map[string]any)["id"]
			db, err := store.Open(t.Context(), api.DatabaseURL, store.Options{MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			for _, query := range []string{
				`INSERT INTO workers (id, host, pid, version, slots, status, started_at, heartbeat_at)
				VALUES ('wrk_gone', 'gone', 1, 'test', '{}', 'active', now(), ` + tt.heartbeat + `)`,
				`UPDATE river_job SET ` + tt.job + ` WHERE kind = 'generate'`,
			} {
				if _, err := db.DB.ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			apptest.Start(t, apptest.Options{
				Executors: []executors.Executor{fake.New(spec.KindAPI)}, DatabaseURL: api.DatabaseURL, NoAPI: true, SecretKey: key,
			})
			ends := 0
			err = api.Client.Subscribe(t.Context(), `subscription($id: ID!) { generationProgress(id: $id) { stage } }`, map[string]any{"id": id}, func(data json.RawMessage) error {
				ends += strings.Count(string(data), "FINISHED")
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			g := api.Query(t, `query($id: ID!) { generation(id: $id) { status reason } }`, map[string]any{"id": id})["generation"].(map[string]any)
			if ends != 1 || g["status"] != "FAILED" || !strings.Contains(g["reason"].(string), tt.reason) {
				t.Errorf("it ended %d times, as %v", ends, g)
			}
		})
	}
}
