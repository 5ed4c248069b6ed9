package config

import (
	"time"

	"github.com/semantest/semantest/internal/apperr"
)

// Graph limits what clients may ask of the API. The zero value has the usual
// limits of an operation and none of how often one may ask, as a command has
// that serves itself alone.
type Graph struct {
	RateMinute int `name:"rate-minute" env:"SEMANTEST_RATE_MINUTE" placeholder:"N" default:"1000" help:"Operations that a user, a token or, of who is not signed in, an address may send in a minute; 0 is without a limit."`
	RateHour   int `name:"rate-hour" env:"SEMANTEST_RATE_HOUR" placeholder:"N" default:"50000" help:"The same in an hour."`
	RateStarts int `name:"rate-starts" env:"SEMANTEST_RATE_STARTS" placeholder:"N" default:"10" help:"Runs that a user or a token may start in a minute through the API; 0 is without a limit. Runs of schedules and triggers do not count."`

	MaxBody       int `name:"max-body" env:"SEMANTEST_MAX_BODY" placeholder:"BYTES" default:"262144" help:"Size of a request or of a message on a socket."`
	MaxUpload     int `name:"max-upload" env:"SEMANTEST_MAX_UPLOAD" placeholder:"BYTES" default:"16777216" help:"Size of a request of somebody who is signed in when all its fields take plans or documents: createPlan, updatePlan, validatePlan, startRun, validateSchema, validateResponse, validateContract, generateTestCases, proposePlan."`
	MaxDocument   int `name:"max-document" env:"SEMANTEST_MAX_DOCUMENT" placeholder:"BYTES" default:"102400" help:"Size of a query text."`
	MaxTokens     int `name:"max-tokens" env:"SEMANTEST_MAX_TOKENS" placeholder:"N" default:"1000" help:"Tokens of a query text."`
	MaxDepth      int `name:"max-depth" env:"SEMANTEST_MAX_DEPTH" placeholder:"N" default:"10" help:"Fields within fields. Below __schema and __type they are counted apart and may be 20."`
	MaxAliases    int `name:"max-aliases" env:"SEMANTEST_MAX_ALIASES" placeholder:"N" default:"20" help:"Aliases, those of fragments as often as they are spread."`
	MaxDirectives int `name:"max-directives" env:"SEMANTEST_MAX_DIRECTIVES" placeholder:"N" default:"20" help:"Directives, counted alike."`
	MaxSelections int `name:"max-selections" env:"SEMANTEST_MAX_SELECTIONS" placeholder:"N" default:"2000" help:"Fields and fragments, counted alike."`
	MaxDuplicates int `name:"max-duplicates" env:"SEMANTEST_MAX_DUPLICATES" placeholder:"N" default:"20" help:"The same field or fragment in one place."`
	MaxNesting    int `name:"max-nesting" env:"SEMANTEST_MAX_NESTING" placeholder:"N" default:"32" help:"Lists and objects within one another, in variables and literals."`
	MaxComplexity int `name:"max-complexity" env:"SEMANTEST_MAX_COMPLEXITY" placeholder:"N" default:"1000" help:"Objects that the answer to an operation may hold, a page counted by its length (first)."`

	MaxTime       time.Duration `name:"max-time" env:"SEMANTEST_MAX_TIME" placeholder:"DURATION" default:"10s" help:"How long a query or a mutation may take."`
	Introspection string        `name:"introspection" env:"SEMANTEST_INTROSPECTION" enum:"on,signed-in,off," placeholder:"WHO" default:"signed-in" help:"Who may read the schema: everybody (on), whoever is signed in (signed-in), or nobody (off)."`
}

// Validate names the first limit that makes no sense.
func (g Graph) Validate() error {
	for _, one := range []struct {
		field string
		n     int
	}{
		{"rateMinute", g.RateMinute}, {"rateHour", g.RateHour}, {"rateStarts", g.RateStarts},
		{"maxBody", g.MaxBody}, {"maxUpload", g.MaxUpload}, {"maxDocument", g.MaxDocument}, {"maxTokens", g.MaxTokens},
		{"maxDepth", g.MaxDepth}, {"maxAliases", g.MaxAliases}, {"maxDirectives", g.MaxDirectives},
		{"maxSelections", g.MaxSelections}, {"maxDuplicates", g.MaxDuplicates}, {"maxNesting", g.MaxNesting},
		{"maxComplexity", g.MaxComplexity}, {"maxTime", int(g.MaxTime)},
	} {
		if one.n < 0 {
			return apperr.Invalid(one.field, "the limit %s must not be negative", one.field)
		}
	}
	if g.MaxUpload != 0 && g.MaxUpload < g.MaxBody {
		return apperr.Invalid("maxUpload", "an upload of %d bytes is less than any request may have (%d)", g.MaxUpload, g.MaxBody)
	}
	return nil
}
