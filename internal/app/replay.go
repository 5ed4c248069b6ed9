package app

import (
	"context"
	"errors"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/contract"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// Replayed is what came of sending the requests of a finding again.
type Replayed struct {
	Still   bool // the same was found
	Message string
	Lines   []string // each request and its answer
}

// Replay sends the requests of a contract case's finding again, without a
// server of ours. give returns the values of the variables that its headers
// and credentials name, and BASE_URL where it is to be sent to another place.
func Replay(ctx context.Context, cfg Config, finding []byte, give func(name string) (string, bool)) (*Replayed, error) {
	f, err := contract.ReadFinding(finding)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "%s", err)
	}
	policy, err := egress.New(cfg.Egress)
	if err != nil {
		return nil, err
	}
	allowed, err := egress.ParseAllowed(cfg.EgressAllow)
	if err != nil {
		return nil, err
	}
	policy.Allow(allowed)
	vars, values, missing := map[string]any{}, map[string]string{}, []string{}
	if v, ok := give(spec.VarBaseURL); ok {
		vars[spec.VarBaseURL] = v
	}
	for name := range f.Variables() {
		if v, ok := give(name); ok {
			values[name] = v
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, apperr.Invalid("var", "the finding needs a value for %s: give it by --var or SEMANTEST_VAR_%s", strings.Join(missing, ", "), missing[0])
	}
	scope := spec.NewScope(vars, values)
	out, err := f.Replay(ctx, policy, scope)
	if err != nil {
		err = executors.MaskError(err, scope)
		if failure, ok := errors.AsType[*executors.Failure](err); ok {
			return nil, apperr.Wrap(err, apperr.Unavailable, "%s", failure.Message)
		}
		return nil, err
	}
	replayed := &Replayed{Still: out.Still, Message: scope.Mask(out.Message)}
	for _, line := range out.Lines {
		replayed.Lines = append(replayed.Lines, scope.Mask(line))
	}
	return replayed, nil
}
