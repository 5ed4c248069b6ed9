package modelspend_test

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/modelspend"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func tokens(n int) llm.Spend { return llm.Spend{Tokens: n, Cost: llm.Cost{Known: true}} }

// used reads the accounts of a project as it sees them.
func used(t *testing.T, s *store.Store, project string) map[string]int64 {
	t.Helper()
	rows, err := s.Ent.ModelSpend.Query().All(store.InProject(t.Context(), project))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, row := range rows {
		out[row.ID[:3]] += row.Tokens
	}
	return out
}

func TestALedger(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := modelspend.New(s, llm.Limits{ProjectTokens: 1000, RunTokens: 300}, slog.New(slog.DiscardHandler))
	a := llm.Account{Project: "prj_1", Run: "run_1"}
	settle, err := l.Reserve(t.Context(), a, tokens(250))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reserve(t.Context(), a, tokens(100)); llm.ReasonOf(err) != llm.BudgetSpent {
		t.Errorf("a run that has 50 left may reserve 100: %v", err)
	}
	if got := used(t, s, "prj_1"); got["day"] != 250 || got["run"] != 250 {
		t.Errorf("what was refused is counted: %v", got)
	}
	settle(tokens(40))
	settle(tokens(40)) // once counts
	if got := used(t, s, "prj_1"); got["day"] != 40 || got["run"] != 40 {
		t.Errorf("40 were used, told are %v", got)
	}
	if _, err := l.Reserve(t.Context(), llm.Account{Project: "prj_1"}, tokens(961)); llm.ReasonOf(err) != llm.BudgetSpent {
		t.Errorf("a project that has 960 left may reserve 961: %v", err)
	}
	if _, err := l.Reserve(t.Context(), llm.Account{Project: "prj_2", Run: "run_2"}, tokens(300)); err != nil {
		t.Errorf("another project pays for the first: %v", err)
	}
	if got := used(t, s, "prj_2"); got["day"] != 300 {
		t.Errorf("the other project sees %v", got)
	}
	if _, err := l.Reserve(t.Context(), llm.Account{Project: "prj_3", Run: "run_3"}, tokens(301)); llm.ReasonOf(err) != llm.BudgetSpent || len(used(t, s, "prj_3")) != 0 {
		t.Errorf("more than a whole budget may be reserved: %v", err)
	}
}

func TestDollars(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := modelspend.New(s, llm.Limits{RunCost: llm.Dollar}, slog.New(slog.DiscardHandler))
	a := llm.Account{Project: "prj_1", Run: "run_1"}
	cent := llm.Spend{Tokens: 1, Cost: llm.Cost{Amount: llm.Dollar / 100, Known: true}}
	if _, err := l.Reserve(t.Context(), a, cent); err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]llm.Spend{
		"a dollar more":    {Tokens: 1, Cost: llm.Cost{Amount: llm.Dollar, Known: true}},
		"an unknown price": {Tokens: 1},
	} {
		if _, err := l.Reserve(t.Context(), a, most); llm.ReasonOf(err) != llm.BudgetSpent {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestManyProcesses lets two ledgers on one database reserve at once: together they
// never go over the budget, and use the whole of it.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	limits := llm.Limits{ProjectTokens: 100, RunTokens: 100}
	ledgers := []*modelspend.Ledger{modelspend.New(s, limits, slog.New(slog.DiscardHandler)), modelspend.New(s, limits, slog.New(slog.DiscardHandler))}
	var granted, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			_, err := ledgers[i%2].Reserve(t.Context(), llm.Account{Project: "prj_1", Run: "run_1"}, tokens(7))
			switch {
			case err == nil:
				granted.Add(1)
			case llm.ReasonOf(err) == llm.BudgetSpent:
				refused.Add(1)
			default:
				t.Errorf("reserve: %v", err)
			}
		})
	}
	all.Wait()
	if granted.Load() != 14 || refused.Load() != 26 || used(t, s, "prj_1")["day"] != 98 {
		t.Errorf("%d were granted and %d refused; told are %v", granted.Load(), refused.Load(), used(t, s, "prj_1"))
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	l := modelspend.New(s, llm.Limits{}, slog.New(slog.DiscardHandler))
	for _, project := range []string{"prj_1", "prj_2"} {
		for _, run := range []string{"run_old", "run_new"} {
			if _, err := l.Reserve(t.Context(), llm.Account{Project: project, Run: run + project}, tokens(1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all := store.AllProjects(t.Context())
	if _, err := s.DB.ExecContext(all, `UPDATE model_spends SET updated_at = now() - interval '91 days' WHERE id LIKE 'run % run_old%'`); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{2, 0} {
		if n, err := l.Prune(all); err != nil || n != want {
			t.Errorf("%d accounts are removed, %v, want %d", n, err, want)
		}
	}
	if got := used(t, s, "prj_1"); got["run"] != 1 || got["day"] != 2 {
		t.Errorf("left are %v", got)
	}
}
