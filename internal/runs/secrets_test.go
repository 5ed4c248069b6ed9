package runs_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/spec"
)

const planWithSecrets = `
version: "1"
name: Secrets
secrets: [USER, PASSWORD, TOKEN]
cases: [{id: a, kind: api, steps: [{http: {url: "http://shop.test/", headers: {X: "${{ TOKEN }}"}}}]}]
`

// TestSecretsOfTheProject says which value a run gets.
func TestSecretsOfTheProject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range []struct{ name, environment, value string }{
		{"USER", "", "user-of-all"},
		{"PASSWORD", "", "password-of-all"},
		{"PASSWORD", "prod", "password-of-prod"},
		{"TOKEN", "prod", "token-of-prod"},
		{"UNUSED", "", "not-in-the-plan"},
	} {
		if _, err := w.vault.Set(w.ctx, secrets.Key{Name: s.name, Environment: s.environment}, s.value); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, environment, planEnvironment string
		given                              map[string]string
		want                               map[string]string
		missing                            string
	}{
		{
			name: "the environment's before those of all", environment: "prod",
			want: map[string]string{"USER": "user-of-all", "PASSWORD": "password-of-prod", "TOKEN": "token-of-prod"},
		},
		{
			name: "the plan's environment", planEnvironment: "prod",
			want: map[string]string{"USER": "user-of-all", "PASSWORD": "password-of-prod", "TOKEN": "token-of-prod"},
		},
		{
			name: "given before kept", environment: "prod", given: map[string]string{"PASSWORD": "given", "USER": ""},
			want: map[string]string{"USER": "user-of-all", "PASSWORD": "given", "TOKEN": "token-of-prod"},
		},
		{
			name: "given what is kept nowhere", given: map[string]string{"TOKEN": "given"},
			want: map[string]string{"USER": "user-of-all", "PASSWORD": "password-of-all", "TOKEN": "given"},
		},
		{name: "another environment's", environment: "staging", missing: "the secret TOKEN was not given"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			source := planWithSecrets
			if tt.planEnvironment != "" {
				source += "environment: " + tt.planEnvironment + "\n"
			}
			r, err := w.runs.Start(w.ctx, runs.StartInput{Source: &plans.Source{Text: source}, Environment: tt.environment, Secrets: tt.given})
			if tt.missing != "" {
				if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Code != apperr.InvalidInput || !strings.Contains(e.Message, tt.missing) {
					t.Errorf("%v, want INVALID_INPUT: %s", err, tt.missing)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, w.secretsOf(t, w.queue.of(r.ID))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	_, err := w.runs.Start(w.other, runs.StartInput{Source: &plans.Source{Text: planWithSecrets}, Environment: "prod"})
	if apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("another project gets our secrets: %v", err)
	}
}

// TestARunKeepsItsSecretsUntilItIsOver changes and deletes them under a run that
// waits, and looks into the database when the run has ended.
func TestARunKeepsItsSecretsUntilItIsOver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(t *testing.T, w *world, j runs.Job)
	}{
		{"finished", func(t *testing.T, w *world, j runs.Job) {
			t.Helper()
			c := w.claim(t, "worker", j)
			if v, _ := c.Scope.Get("TOKEN"); v != "first" {
				t.Errorf("the case gets %v", v)
			}
			if err := w.finish(t, c, spec.OutcomePassed); err != nil {
				t.Fatal(err)
			}
		}},
		{"stopped", func(t *testing.T, w *world, j runs.Job) {
			t.Helper()
			if _, err := w.runs.Stop(w.ctx, j.RunID); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, name := range []string{"USER", "PASSWORD", "TOKEN"} {
				if _, err := w.vault.Set(w.ctx, secrets.Key{Name: name}, "first"); err != nil {
					t.Fatal(err)
				}
			}
			r := w.start(t, planWithSecrets)
			if _, err := w.vault.Set(w.ctx, secrets.Key{Name: "TOKEN"}, "second"); err != nil {
				t.Fatal(err)
			}
			if _, err := w.vault.Delete(w.ctx, secrets.Key{Name: "USER"}); err != nil {
				t.Fatal(err)
			}
			if w.sealed(t, r.ID) == nil {
				t.Error("a run that waits has lost its secrets")
			}
			tt.end(t, w, w.queue.of(r.ID))
			if got := w.sealed(t, r.ID); got != nil {
				t.Errorf("a run that is over has %d bytes of sealed secrets", len(got))
			}
		})
	}
}

func (w *world) sealed(t *testing.T, runID string) (out []byte) {
	t.Helper()
	if err := w.store.DB.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT sealed_secrets FROM runs WHERE id = $1", runID).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) secretsOf(t *testing.T, j runs.Job) map[string]string {
	t.Helper()
	scope, out := w.claim(t, "worker", j).Scope, map[string]string{}
	for _, name := range []string{"USER", "PASSWORD", "TOKEN", "UNUSED"} {
		if v, ok := scope.Get(name); ok {
			out[name] = v.(string)
		}
	}
	return out
}

// of returns the first job of a run and leaves it where it is.
func (q *queue) of(runID string) runs.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.jobs {
		if j.RunID == runID {
			return j
		}
	}
	return runs.Job{}
}
