package llm

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Budget bounds what is spent. Before each call of a provider the most that it
// may cost is reserved, so that calls at the same time do not go over it
// together.
type Budget interface {
	// Reserve puts an amount aside, or returns an error whose Reason is
	// BudgetSpent. The Settle is called once, with what it came to.
	Reserve(ctx context.Context, account Account, most Spend) (Settle, error)
}

// Settle replaces what was reserved by what was spent.
type Settle func(Spend)

// Spend is what a call uses.
type Spend struct {
	Tokens int
	Cost   Cost
}

// Limits bound a project and each of its runs; 0 is no limit.
type Limits struct {
	ProjectTokens int   // on one day, by UTC
	RunTokens     int   // in one run
	ProjectCost   Money // on one day
	RunCost       Money
}

// accounts that are remembered at most. The least recently used begin anew.
const maxAccounts = 10_000

// MemoryBudget keeps a budget within a process: what several processes spend is
// counted apart.
type MemoryBudget struct {
	limits Limits
	now    func() time.Time

	mu    sync.Mutex
	spent *lru.Cache[string, *Spend]
}

// NewMemoryBudget returns a budget that nothing is spent of. now is time.Now when
// nil.
func NewMemoryBudget(limits Limits, now func() time.Time) *MemoryBudget {
	if now == nil {
		now = time.Now
	}
	spent, _ := lru.New[string, *Spend](maxAccounts) // fails for sizes below 1 only
	return &MemoryBudget{limits: limits, now: now, spent: spent}
}

// Reserve implements Budget.
func (b *MemoryBudget) Reserve(_ context.Context, account Account, most Spend) (Settle, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	project := b.entry("project " + account.Project + " " + b.now().UTC().Format(time.DateOnly))
	entries := []*Spend{project}
	if err := b.within("the project's budget of the day", project, most, b.limits.ProjectTokens, b.limits.ProjectCost); err != nil {
		return nil, err
	}
	if account.Run != "" {
		run := b.entry("run " + account.Project + " " + account.Run)
		if err := b.within("the run's budget", run, most, b.limits.RunTokens, b.limits.RunCost); err != nil {
			return nil, err
		}
		entries = append(entries, run)
	}
	for _, e := range entries {
		e.Tokens += most.Tokens
		e.Cost.Amount += most.Cost.Amount
	}
	var once sync.Once
	return func(used Spend) {
		once.Do(func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, e := range entries {
				e.Tokens += used.Tokens - most.Tokens
				e.Cost.Amount += used.Cost.Amount - most.Cost.Amount
			}
		})
	}, nil
}

func (b *MemoryBudget) within(what string, spent *Spend, most Spend, tokens int, amount Money) error {
	if tokens > 0 && spent.Tokens+most.Tokens > tokens || amount > 0 && (!most.Cost.Known || spent.Cost.Amount+most.Cost.Amount > amount) {
		return Spent(what, *spent, most, tokens, amount)
	}
	return nil
}

// Spent says which budget has no room for a call. Its Reason is BudgetSpent.
func Spent(what string, spent, most Spend, tokens int, amount Money) error {
	switch {
	case tokens > 0 && spent.Tokens+most.Tokens > tokens:
		return failed(BudgetSpent, nil, "%s is spent: %d of %d tokens are used, and this may take %d more", what, spent.Tokens, tokens, most.Tokens)
	case amount > 0 && !most.Cost.Known:
		return failed(BudgetSpent, nil, "%s is in US dollars, and the price of the model is not known; give it in a file of prices (--llm-prices), 0 for a model of your own", what)
	case amount > 0 && spent.Cost.Amount+most.Cost.Amount > amount:
		return failed(BudgetSpent, nil, "%s is spent: $%.4f of $%.4f are used, and this may cost $%.4f more", what,
			spent.Cost.Amount.Dollars(), amount.Dollars(), most.Cost.Amount.Dollars())
	}
	return failed(BudgetSpent, nil, "%s is spent", what)
}

func (b *MemoryBudget) entry(key string) *Spend {
	if e, ok := b.spent.Get(key); ok {
		return e
	}
	e := &Spend{}
	b.spent.Add(key, e)
	return e
}

// unlimited is the budget of who has set none.
type unlimited struct{}

func (unlimited) Reserve(context.Context, Account, Spend) (Settle, error) { return func(Spend) {}, nil }
