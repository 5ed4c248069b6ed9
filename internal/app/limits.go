package app

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/graph"
	"github.com/semantest/semantest/graph/armour"
	"github.com/semantest/semantest/internal/persisted"
	"github.com/semantest/semantest/internal/ratelimit"
)

// shared is the Redis that other processes may use too, nil when it is this
// process's own: to count in memory is the same then, and costs a hundredth.
func (a *App) shared() redis.UniversalClient {
	if a.ownRedis {
		return nil
	}
	return a.redis
}

// limits are what the graph asks of its clients.
func (a *App) limits() graph.Limits {
	g := a.cfg.Graph
	out := graph.Limits{
		Operation: armour.Limits{
			Body: g.MaxBody, Upload: g.MaxUpload, Document: g.MaxDocument, Tokens: g.MaxTokens, Depth: g.MaxDepth,
			Aliases: g.MaxAliases, Directives: g.MaxDirectives, Selections: g.MaxSelections, Duplicates: g.MaxDuplicates,
			Nesting: g.MaxNesting, Complexity: g.MaxComplexity, Within: g.MaxTime, Introspection: armour.Introspection(g.Introspection),
		},
		Documents: persisted.New(a.shared()),
		Starts:    ratelimit.Limit{Name: "runs started", Max: g.RateStarts, Per: time.Minute},
		Requests: []ratelimit.Limit{
			{Name: "requests", Max: g.RateMinute, Per: time.Minute},
			{Name: "requests", Max: g.RateHour, Per: time.Hour},
		},
		Rates: a.limiter,
	}
	return out
}
