package importing_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/api"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

var update = flag.Bool("update", false, "write the goldens anew")

type importer func([]byte) (*importing.Result, error)

func fromHAR(data []byte) (*importing.Result, error) { return importing.HAR(data, false) }

var importers = map[string]importer{
	"page.har": fromHAR, "commands.curl": importing.Curl, "shop.postman.json": importing.Postman, "shop.openapi.yaml": importing.OpenAPI,
}

func source(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestImporters(t *testing.T) {
	t.Parallel()
	for name, convert := range importers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := convert(source(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := spec.Parse(made.Plan); err != nil {
				t.Errorf("the plan does not parse: %v", err)
			}
			got := string(made.Plan)
			for _, n := range made.Notes {
				got += "# note: " + n + "\n"
			}
			file := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
			for _, secret := range []string{"slow-mornings", "eyJ.abc", "c2xvdy1tb3JuaW5ncw"} {
				if strings.Contains(got, secret) {
					t.Errorf("the plan holds the secret %s", secret)
				}
			}
		})
	}
}

func TestSourcesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, convert := range importers {
		for _, text := range []string{"", "{", "null", "[]", `{"log":{}}`, `{"openapi":"3.0.0"}`, `openapi: 2.0`, "curl", "curl ftp://x", "curl 'open", `{"item":[{"request":{"url":[]}}]}`} {
			if made, err := convert([]byte(text)); err == nil || strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%s of %q: %v, %v", name, text, made, err)
			}
		}
	}
}

// TestRecordedRequestsRun records what a case did, and performs what is made of
// it against the same target.
func TestRecordedRequestsRun(t *testing.T) {
	t.Parallel()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, fmt.Sprintf("%s %s %s %s", r.Method, r.URL, r.Header.Get("Content-Type"), body))
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
	}))
	t.Cleanup(server.Close)
	perform := func(plan *spec.Plan) []byte {
		policy, err := egress.New(egress.Dev)
		if err != nil {
			t.Fatal(err)
		}
		e := api.New(policy)
		defer e.Close()
		vars, err := plan.Variables(map[string]string{"BASE_URL": server.URL}, map[string]string{"PASSWORD": "hidden-pw"})
		if err != nil {
			t.Fatal(err)
		}
		sink := &executortest.Recorder{}
		outcome, err := e.Execute(t.Context(), executors.Task{Attempt: 1, Case: plan.Cases[0], Use: spec.Use{HAR: "always"},
			Scope: spec.NewScope(vars, map[string]string{"PASSWORD": "hidden-pw"}), Files: fstest.MapFS{}}, sink)
		if outcome != spec.OutcomePassed {
			t.Fatal(err)
		}
		return sink.Attachments()[0].Data
	}
	text := "version: '1'\nname: n\nsecrets: [PASSWORD]\nenv: {BASE_URL: x}\ncases:\n- id: a\n  kind: api\n  steps:\n" +
		"  - http: {url: /a, query: {q: [x y, '&']}}\n  - http: {method: POST, url: /b, json: {n: 1.5, pw: \"${{ PASSWORD }}\", t: 'true'}}\n    check: [{status: 201}]\n  - http: {method: PUT, url: /c, form: {a: [1, 2]}}\n"
	first, err := spec.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	archive := perform(first)
	if bytes.Contains(archive, []byte("hidden-pw")) {
		t.Error("the archive holds a secret")
	}
	want := asked
	asked = nil
	made, err := importing.HAR(archive, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := spec.Parse(made.Plan)
	if err != nil {
		t.Fatal(err)
	}
	again.Secrets = []string{"PASSWORD"}
	perform(again)
	want[1] = strings.ReplaceAll(want[1], "hidden-pw", "***")
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func fuzz(f *testing.F, convert importer, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add(source(f, s))
	}
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/${{","headers":[{"name":"a","value":"${{ b }}"}]},"response":{"status":200}}]}}`))
	f.Add([]byte(`curl http://a/'${{ x' -H 'A: b' -d '{"${{":1}'`))
	f.Fuzz(func(t *testing.T, data []byte) {
		made, err := convert(data)
		if err != nil {
			return
		}
		if _, err := spec.Parse(made.Plan); err != nil {
			t.Errorf("the plan does not parse: %v\n%s", err, made.Plan)
		}
	})
}

func FuzzHAR(f *testing.F)     { fuzz(f, fromHAR, "page.har") }
func FuzzCurl(f *testing.F)    { fuzz(f, importing.Curl, "commands.curl") }
func FuzzPostman(f *testing.F) { fuzz(f, importing.Postman, "shop.postman.json") }
func FuzzOpenAPI(f *testing.F) { fuzz(f, importing.OpenAPI, "shop.openapi.yaml") }
