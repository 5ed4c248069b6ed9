package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// secretive shows a secret in every way that a plan can: sent, echoed, captured,
// compared, typed, logged by the page and shown in a failure.
const secretive = `version: "1"
name: Secretive
secrets: [API_TOKEN]
cases:
  - id: header
    kind: api
    steps:
      - http: {url: /echo, headers: {X-Say: "${{ API_TOKEN }}"}}
        capture: {heard: {jsonpath: $.said}}
        check: [{jsonpath: $.said, equals: "${{ API_TOKEN }}"}]
      - http: {url: /echo, headers: {X-Say: "again ${{ heard }}"}}
        check: [{header: X-Said, equals: nothing}, {body: {contains: nothing}}]
  - id: address
    kind: api
    steps:
      - http: {method: POST, url: "/fail?key=${{ API_TOKEN }}", json: {key: "${{ API_TOKEN }}"}}
        check: [{status: 200}]
  - id: page
    kind: browser
    steps:
      - goto: /form
      - fill: {label: Password, value: "${{ API_TOKEN }}"}
      - expect: {text: "#o", equals: nothing}
        timeout: 3s
`

func TestSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	const secret = "Zebra/4711+plum&fig"
	room, app, db := newRoom(t), openTarget(t), database(t)
	r := run(t, launch{
		room: room, args: []string{"run", writePlan(t, room, secretive), "--log-level", "debug"},
		env: []string{"SEMANTEST_DATABASE_URL=" + db, "SEMANTEST_VAR_API_TOKEN=" + secret, "SEMANTEST_VAR_BASE_URL=" + app.URL},
	})
	if r.code != 1 {
		t.Fatalf("exit code %d, want 1\n%s%s", r.code, r.stdout, r.stderr)
	}
	got := assertReports(t, filepath.Join(room, "semantest-report"))
	if got.Run.Counts["failed"] != 3 {
		t.Fatalf("all three cases fail on purpose, got %v\n%s", got.outcomes(), r.stdout)
	}
	// The secret did arrive: its first comparison held.
	if s := got.Results[0].Attempts[0].Steps[0]; s.Outcome != "passed" {
		t.Errorf("the target was not given the secret: %+v", s)
	}
	places := map[string][]byte{"standard output": []byte(r.stdout), "standard error": []byte(r.stderr), "database": dump(t, db)}
	err := filepath.WalkDir(room, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		places[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 8 { // three reports, the plan, the key and artifacts
		t.Errorf("looked only in %d places", len(places))
	}
	for place, content := range places {
		for form, text := range formsOf(secret) {
			if at := bytes.Index(content, []byte(text)); at >= 0 {
				t.Errorf("the secret is in %s (%s): …%q", place, form, content[max(0, at-100):at+len(text)])
			}
		}
	}
	if !bytes.Contains(places["database"], []byte("Secretive")) {
		t.Error("the dump of the database does not hold the run")
	}
}

// formsOf returns how a text may be written in places that people and programs
// read.
func formsOf(secret string) map[string]string {
	return map[string]string{
		"plain": secret, "escaped for JSON": strings.ReplaceAll(secret, "&", `\u0026`),
		"escaped for HTML": strings.NewReplacer("&", "&amp;", "+", "&#43;").Replace(secret), "escaped for XML": strings.ReplaceAll(secret, "&", "&amp;"),
		"in a query": url.QueryEscape(secret), "in a path": url.PathEscape(secret),
		"in hex": hex.EncodeToString([]byte(secret)), "in base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
	}
}

// dump returns everything that a database holds.
func dump(t testing.TB, address string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, table := range tables {
		if _, err := conn.PgConn().CopyTo(ctx, &out, "COPY "+table+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}
