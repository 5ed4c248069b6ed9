// Package modelspend keeps in Postgres what projects and runs use of language
// models, so that all processes share one budget.
//
// Before a call the most that it may take is reserved, in one statement that
// checks the limits; afterwards it is replaced by what was spent. What a process
// reserved that died before the end of its call stays spent: a budget may end
// early, but is never passed.
package modelspend

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/store"
)

// Ledger is a budget that many processes share. It implements llm.Budget.
type Ledger struct {
	store  *store.Store
	limits llm.Limits
	logger *slog.Logger
}

var _ llm.Budget = (*Ledger)(nil)

// New returns a ledger.
func New(s *store.Store, limits llm.Limits, logger *slog.Logger) *Ledger {
	return &Ledger{s, limits, logger}
}

// settleWithin bounds the write after a call, which also a caller makes that no
// longer waits.
const settleWithin = 10 * time.Second

// account is a row with what it may come to; 0 is no limit.
type account struct {
	id, name string
	tokens   int
	cost     llm.Money
}

func (l *Ledger) accounts(a llm.Account) []account {
	out := []account{{"day " + a.Project + " " + time.Now().UTC().Format(time.DateOnly), "the project's budget of the day", l.limits.ProjectTokens, l.limits.ProjectCost}}
	if a.Run != "" {
		out = append(out, account{"run " + a.Project + " " + a.Run, "the run's budget", l.limits.RunTokens, l.limits.RunCost})
	}
	return out
}

// reserve adds to each account that has room for it, and creates those that are not
// there. The rows are locked in the order of their ids.
const reserve = `
INSERT INTO model_spends AS s (id, project_id, tokens, cost_nanos, updated_at)
SELECT a.id, $2, $3, $4, now() FROM unnest($1::text[], $5::bigint[], $6::bigint[]) AS a (id, max_tokens, max_cost)
WHERE (a.max_tokens = 0 OR $3 <= a.max_tokens) AND (a.max_cost = 0 OR $4 <= a.max_cost) ORDER BY a.id
ON CONFLICT (id) DO UPDATE SET tokens = s.tokens + EXCLUDED.tokens, cost_nanos = s.cost_nanos + EXCLUDED.cost_nanos, updated_at = now()
WHERE (SELECT (l.max_tokens = 0 OR s.tokens + EXCLUDED.tokens <= l.max_tokens) AND (l.max_cost = 0 OR s.cost_nanos + EXCLUDED.cost_nanos <= l.max_cost)
	FROM unnest($1::text[], $5::bigint[], $6::bigint[]) AS l (id, max_tokens, max_cost) WHERE l.id = s.id)`

// Reserve implements llm.Budget.
func (l *Ledger) Reserve(ctx context.Context, of llm.Account, most llm.Spend) (llm.Settle, error) {
	accounts := l.accounts(of)
	var ids []string
	var tokens, costs []int64
	for _, a := range accounts {
		if a.cost > 0 && !most.Cost.Known {
			return nil, llm.Spent(a.name, llm.Spend{}, most, a.tokens, a.cost)
		}
		ids, tokens, costs = append(ids, a.id), append(tokens, int64(a.tokens)), append(costs, int64(a.cost))
	}
	ctx = store.InProject(ctx, of.Project)
	err := l.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done, err := tx.ExecContext(ctx, reserve, store.Array(ids), of.Project, int64(most.Tokens), int64(most.Cost.Amount), store.Array(tokens), store.Array(costs))
		if err != nil {
			return fmt.Errorf("reserve a part of the budget: %w", err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return fmt.Errorf("reserve a part of the budget: %w", err)
		}
		if int(n) < len(accounts) {
			return l.spent(ctx, tx, accounts, most)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var once sync.Once
	return func(used llm.Spend) {
		once.Do(func() { l.settle(context.WithoutCancel(ctx), ids, most, used) })
	}, nil
}

// spent tells which account has no room. It runs in the transaction that is rolled
// back, so it takes what was reserved in it off again.
func (l *Ledger) spent(ctx context.Context, tx *store.Tx, accounts []account, most llm.Spend) error {
	for _, a := range accounts {
		var used llm.Spend
		rows, err := tx.QueryContext(ctx, `SELECT tokens, cost_nanos FROM model_spends WHERE id = $1`, a.id)
		if err != nil {
			return fmt.Errorf("read what is spent: %w", err)
		}
		for rows.Next() {
			if err = rows.Scan(&used.Tokens, &used.Cost.Amount); err != nil {
				break
			}
		}
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fmt.Errorf("read what is spent: %w", err)
		}
		if a.tokens > 0 && used.Tokens+most.Tokens > a.tokens || a.cost > 0 && used.Cost.Amount+most.Cost.Amount > a.cost {
			return llm.Spent(a.name, used, most, a.tokens, a.cost)
		}
	}
	return llm.Spent("the budget", llm.Spend{}, most, 0, 0)
}

func (l *Ledger) settle(ctx context.Context, ids []string, most, used llm.Spend) {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	const query = `UPDATE model_spends SET tokens = GREATEST(0, tokens + $2), cost_nanos = GREATEST(0, cost_nanos + $3), updated_at = now() WHERE id = ANY($1)`
	err := l.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, query, store.Array(ids), int64(used.Tokens-most.Tokens), int64(used.Cost.Amount-most.Cost.Amount))
		return err
	})
	if err != nil {
		l.logger.Warn("what a language model used was not settled; its reservation stays spent", "error", err)
	}
}

// Accounts that nothing was charged to for so long belong to days and runs that are
// over.
const keptFor = 90 * 24 * time.Hour

// pruneBatch keeps one statement short.
const pruneBatch = 1000

// Prune removes old accounts and returns how many. For the server: it works in all
// projects that its context names.
func (l *Ledger) Prune(ctx context.Context) (int64, error) {
	const query = `DELETE FROM model_spends WHERE id IN (
	SELECT id FROM model_spends WHERE updated_at < now() - $1 * interval '1 second' ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED)`
	total := int64(0)
	for {
		res, err := l.store.DB.ExecContext(ctx, query, keptFor.Seconds(), pruneBatch)
		if err != nil {
			return total, fmt.Errorf("remove old accounts of language models: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("remove old accounts of language models: %w", err)
		}
		if total += n; n < pruneBatch {
			return total, nil
		}
	}
}
