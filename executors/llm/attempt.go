package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/llm/internal/assertion"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
)

// attempt is one attempt of a case.
type attempt struct {
	executor *Executor
	task     executors.Task
	llm      spec.LLMCase
	rows     []*question
	web      *http.Client

	mu    sync.Mutex
	spent llm.Cost // of all answers of the target so far
	asked int      // answers whose cost is in spent
}

// question is what one set of variables makes of the case.
type question struct {
	scope   *spec.Scope
	turns   []turn
	columns map[string]any
	answers []*answer
}

// turn is one thing said, with what the answer to it should be like.
type turn struct {
	prompt string
	assert []spec.LLMAssertion
}

// answer is one conversation. What stands in it may be read once done is closed.
type answer struct {
	done  chan struct{}
	took  time.Duration
	turns []said
	fault error // of the target: it answered, and wrongly
	err   error // why nothing can be said about it
}

// said is one turn of a conversation that took place.
type said struct {
	prompt   string
	out      assertion.Output
	model    string
	usage    llm.Usage
	verdicts []verdict
}

// verdict is what became of one assertion.
type verdict struct {
	want spec.LLMAssertion
	assertion.Verdict
	detail map[string]any // of a judging model: its evidence, its votes
	err    error          // why it could not be judged
}

// ask begins all conversations, a few at a time, in the order of the steps that
// wait for them.
func (a *attempt) ask(ctx context.Context) (finished <-chan struct{}) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		var group errgroup.Group
		group.SetLimit(cmp.Or(deref(a.llm.AtOnce), defaultAtOnce))
		for _, r := range a.rows {
			for _, one := range r.answers {
				group.Go(func() error {
					defer close(one.done)
					a.converse(ctx, r, one)
					return nil
				})
			}
		}
		_ = group.Wait() // every answer holds its own error
	}()
	return end
}

// converse has one conversation and judges it.
func (a *attempt) converse(ctx context.Context, r *question, one *answer) {
	defer func() {
		if p := recover(); p != nil {
			one.err = fmt.Errorf("the executor failed unexpectedly: %v", p)
		}
	}()
	if err := a.affordable(); err != nil {
		one.fault = err
		return
	}
	t, err := a.target(r)
	if err != nil {
		one.err = err
		return
	}
	began := time.Now()
	var history []message
	for _, next := range r.turns {
		history = append(history, message{Role: "user", Content: next.prompt})
		heard, err := a.hear(ctx, t, history)
		if err != nil {
			one.took = time.Since(began)
			if f, ok := errors.AsType[*fault](err); ok {
				one.fault = f
			} else {
				one.err = err
			}
			return
		}
		history = append(history, message{Role: "assistant", Content: heard.out.Text})
		heard.prompt = next.prompt
		one.turns = append(one.turns, *heard)
	}
	one.took = time.Since(began)
	for i := range one.turns {
		for _, want := range r.turns[i].assert {
			one.turns[i].verdicts = append(one.turns[i].verdicts, a.judge(ctx, want, &one.turns[i]))
		}
	}
}

// hear asks the target once, within its own limit.
func (a *attempt) hear(ctx context.Context, t target, history []message) (*said, error) {
	limit := cmp.Or(time.Duration(a.llm.Target.Timeout), defaultTimeout)
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	heard, err := t.hear(asking, history)
	if err != nil {
		if ctx.Err() == nil && asking.Err() != nil {
			return nil, faultf("there was no whole answer within %s", limit)
		}
		return nil, err
	}
	heard.out.Latency = time.Since(began)
	a.account(heard.out.Cost)
	return heard, nil
}

func (a *attempt) account(cost *float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := llm.Cost{}
	if cost != nil {
		c = llm.Cost{Amount: llm.Money(*cost * float64(llm.Dollar)), Known: true}
	}
	if a.asked++; a.asked == 1 {
		a.spent = c
		return
	}
	a.spent = a.spent.Add(c)
}

// affordable ends a case that costs too much while that can still help.
func (a *attempt) affordable() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.llm.MaxCost != nil && a.spent.Known && a.spent.Amount.Dollars() > *a.llm.MaxCost {
		return faultf("not asked: the answers before cost %s, beyond maxCost", a.spent)
	}
	return nil
}

// payer is whose budget pays for what the configured model is asked.
func (a *attempt) payer() llm.Account {
	return llm.Account{Project: a.task.ProjectID, Run: a.task.RunID}
}

// fault is what is wrong with the target itself.
type fault struct{ says string }

func (f *fault) Error() string { return f.says }

func faultf(format string, args ...any) error { return &fault{fmt.Sprintf(format, args...)} }

// target is what is asked. One belongs to one conversation.
type target interface {
	hear(ctx context.Context, history []message) (*said, error)
}

// message is one of a conversation, as OpenAI writes it.
type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func (a *attempt) target(r *question) (target, error) {
	t := a.llm.Target
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("keep cookies: %w", err)
	}
	web := *a.web
	web.Jar = jar
	switch {
	case t.URL != "":
		return &application{spec: t, scope: r.scope.Fork(), web: &web, conversation: uuid.NewString()}, nil
	case t.BaseURL != "":
		k, err := spec.Expand(r.scope, *t)
		if err != nil {
			return nil, executors.Errorf("target: %w", err)
		}
		return &endpoint{spec: &k, web: &web, prices: a.executor.prices}, nil
	}
	k, err := spec.Expand(r.scope, *t)
	if err != nil {
		return nil, executors.Errorf("target: %w", err)
	}
	return &configured{spec: &k, models: a.executor.models, payer: a.payer()}, nil
}
