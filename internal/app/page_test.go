package app_test

import (
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store/storetest"
)

// TestPageUnderItsPolicy opens our own page in a browser: what the policy of its
// contents refuses stands in the console.
func TestPageUnderItsPolicy(t *testing.T) {
	t.Parallel()
	a, err := app.New(t.Context(), app.Config{
		Server: config.Server{DatabaseURL: storetest.URL(t), DataDir: t.TempDir(), DrainTimeout: time.Second},
		Listen: "127.0.0.1:0", Egress: egress.Dev, Version: "test", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeApp(t, a) })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := a.NewLocalToken(t.Context(), "page", 0)
	if err != nil {
		t.Fatal(err)
	}
	e := browser.New(browser.Options{})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &executortest.Recorder{}
	outcome, err := e.Execute(t.Context(), executors.Task{
		RunID: "run_1", ResultID: "res_1", Attempt: 1,
		Case: spec.Case{ID: "page", Kind: spec.KindBrowser, BrowserSteps: []spec.BrowserStep{
			{Goto: &spec.Goto{URL: "/#token=" + token}},
			{Expect: &spec.Expect{Visible: &spec.Locator{CSS: "h1, #root *", Nth: new(0)}}},
			{Expect: &spec.Expect{Console: "clean"}},
		}},
		Scope: spec.NewScope(map[string]any{"BASE_URL": a.URL()}, nil), Files: fstest.MapFS{},
	}, r)
	if outcome != spec.OutcomePassed {
		t.Error(outcome, err)
	}
}
