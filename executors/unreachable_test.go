package executors_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/spec"
)

func TestTargetOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://Shop.Test/a?b":     "shop.test:80",
		"https://shop.test":        "shop.test:443",
		"https://shop.test:8443/x": "shop.test:8443",
		"wss://[2001:DB8::1]/live": "[2001:db8::1]:443",
		"http://[::1]:8080":        "[::1]:8080",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := executors.TargetOf(u); got != want {
			t.Errorf("the target of %s is %s, want %s", address, got, want)
		}
	}
}

// The mark must reach whoever called Execute, whatever was put around it.
func TestUnreachableSurvives(t *testing.T) {
	t.Parallel()
	scope := spec.NewScope(nil, map[string]string{"PW": "hunter2-secret"})
	for _, f := range []*executors.Failure{executors.Errorf("no hunter2-secret there"), executors.TimedOutf("no answer"), executors.Failf("cut")} {
		outcome, err := executors.RunSteps(t.Context(), &executortest.Recorder{}, []executors.Step{
			do(func(ctx context.Context, _ *executors.Report) error {
				return fmt.Errorf("ask: %w", &executors.Unreachable{Target: "shop.test:80", Err: f})
			}),
		})
		err = executors.MaskError(err, scope)
		if u, ok := errors.AsType[*executors.Unreachable](err); !ok || u.Target != "shop.test:80" || outcome != f.Outcome {
			t.Errorf("%s: got %s, %v", f.Message, outcome, err)
		}
	}
}
