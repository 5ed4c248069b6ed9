package walls_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// source is what a Go file says of itself before its first declaration.
type source struct {
	path    string // from the repository's root, with slashes
	imports []string
	comment bool // has a package comment
}

func TestWallsStand(t *testing.T) {
	t.Parallel()
	files := sources(t)
	if len(files) < 100 {
		t.Fatalf("only %d files were read", len(files))
	}
	for _, breach := range breaches(rules(t), files) {
		t.Error(breach)
	}
}

// breaches names each import that a rule refuses.
func breaches(rules []rule, files []source) []string {
	var out []string
	for _, file := range files {
		for _, r := range rules {
			if !r.applies(file.path) {
				continue
			}
			for _, imported := range file.imports {
				if r.refuses(imported) {
					out = append(out, fmt.Sprintf("%s imports %s, which rule %s of .golangci.yaml forbids", file.path, imported, r.name))
				}
			}
		}
	}
	return out
}

func TestBreachesAreNamed(t *testing.T) {
	t.Parallel()
	got := breaches(rules(t), []source{
		{path: "internal/spec/plan.go", imports: []string{"fmt", module + "/internal/spec", module + "/internal/apperr"}},
		{path: "internal/spec/plan_test.go", imports: []string{module + "/internal/store"}},
		{path: "jobs/host.go", imports: []string{"github.com/riverqueue/river", module + "/graph"}},
	})
	want := []string{
		"internal/spec/plan.go imports " + module + "/internal/apperr, which rule spec of .golangci.yaml forbids",
		"jobs/host.go imports " + module + "/graph, which rule jobs of .golangci.yaml forbids",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestDesign holds the rules themselves to the design: who may know whom.
func TestDesign(t *testing.T) {
	t.Parallel()
	all := rules(t)
	const (
		river = "github.com/riverqueue/river"
		redis = "github.com/redis/go-redis/v9"
		pgx   = "github.com/jackc/pgx/v5"
		query = "entgo.io/ent/dialect/sql"
		cron  = "github.com/robfig/cron/v3"

		signatures = "github.com/standard-webhooks/standard-webhooks/libraries/go"
	)
	leaves := []string{"internal/apperr", "internal/ident", "internal/spec"}
	for _, wall := range []struct {
		room  string
		knows []string // packages of the module, or libraries
		never []string
	}{
		{room: "internal/spec", knows: []string{"go.yaml.in/yaml/v3", cron},
			never: []string{"internal/apperr", "internal/ident", "internal/store", "ent/schema", "executors", "os", "net/http", "database/sql", river}},
		{room: "internal/apperr", never: []string{"internal/ident", "internal/spec", "ent"}},
		{room: "internal/ident", knows: []string{"internal/apperr"}, never: []string{"internal/spec", "ent", "internal/store"}},
		{room: "internal/breaker", knows: []string{"internal/apperr", redis}, never: []string{"internal/spec", "internal/events", "internal/runs", "internal/store", "executors", "ent", "graph", "jobs", river, pgx}},
		{room: "internal/config", knows: []string{"internal/spec"}, never: []string{"internal/app", "internal/store"}},
		{room: "internal/report", knows: []string{"internal/spec"}, never: []string{"ent", "internal/runs", "internal/cli"}},
		{room: "examples/shop", knows: []string{"examples"}, never: []string{"internal/spec", "executors"}},

		{room: "executors", knows: []string{"internal/spec"}, never: []string{"executors/api", "internal/store", "ent", "graph", "jobs", "internal/events", river, query}},
		{room: "executors/api", knows: []string{"executors", "executors/httpauth", "internal/spec", "internal/egress"},
			never: []string{"executors/browser", "executors/fake", "executors/load", "graph", "ent", "ent/schema", "internal/store", "internal/events", river, redis, pgx}},
		{room: "executors/graphschema", never: []string{"executors", "internal/spec", "internal/egress", "graph", "ent", river, redis, pgx}},
		{room: "executors/httpauth", knows: []string{"executors", "internal/spec"}, never: []string{"executors/api", "executors/contract", "internal/egress", "graph", "ent", river, redis, pgx}},
		{room: "executors/browser", knows: []string{"executors", "executors/browser/internal/chromium", "github.com/chromedp/cdproto/page"},
			never: []string{"executors/api", "graph", "ent", "internal/store", "internal/events", "jobs", river, redis, pgx}},
		{room: "executors/browser/internal/chromium", knows: []string{"executors/browser/internal/devtools"}, never: []string{"executors/api", "internal/events"}},
		{room: "executors/contract", knows: []string{"executors", "executors/httpauth", "internal/spec", "internal/egress"},
			never: []string{"executors/api", "executors/load", "graph", "ent", "internal/store", "internal/runs", river, redis, pgx}},
		{room: "executors/load", knows: []string{"executors"}, never: []string{"executors/api", "executors/llm", "ent", "internal/runs"}},
		{room: "executors/llm", knows: []string{"executors", "internal/llm"}, never: []string{"executors/load", "ent", "internal/assessments"}},
		{room: "executors/fake", knows: []string{"executors"}, never: []string{"executors/api", "ent", "internal/store"}},

		{room: "ent/schema", knows: []string{"internal/spec", "internal/ident", query}, never: []string{"internal/runs", "internal/plans", "internal/store"}},
		{room: "internal/store", knows: []string{"ent", "internal/apperr", pgx}, never: []string{"internal/runs", "internal/events", "graph", "jobs", redis}},
		{room: "internal/store/migration", knows: []string{river + "/rivermigrate", "ent/migrate"}, never: []string{"internal/runs", "jobs"}},
		{room: "internal/events", knows: []string{"internal/store", "ent", redis}, never: []string{"internal/runs", "internal/auth", "graph", "jobs", river}},

		{room: "internal/auth", knows: append(leaves, "internal/store", "ent", query), never: []string{"internal/plans", "internal/runs", "graph", "jobs", river, redis, pgx}},
		{room: "internal/plans", knows: append(leaves, "internal/auth", "internal/store", "ent", "internal/events"), never: []string{"internal/runs", "internal/artifacts", "internal/datasets", "graph", "jobs", "executors", river}},
		{room: "internal/artifacts", knows: append(leaves, "internal/auth"), never: []string{"internal/runs", "internal/plans", "graph", "executors", river}},
		{room: "internal/datasets", knows: append(leaves, "internal/auth"), never: []string{"internal/runs", "internal/plans", "graph", river}},
		{room: "internal/workers", knows: append(leaves, "internal/auth"), never: []string{"internal/runs", "graph", "jobs", river, redis}},
		{room: "internal/runs", knows: append(leaves, "internal/plans", "internal/artifacts", "internal/auth", "internal/events"), never: []string{"internal/assessments", "internal/analytics", "graph", "jobs", "executors", "internal/llm", river, redis, pgx}},
		{room: "internal/assessments", knows: append(leaves, "internal/runs", "internal/llm"), never: []string{"internal/analytics", "graph", "jobs", "executors", river}},
		{room: "internal/analytics", knows: append(leaves, "internal/assessments", "internal/llm"), never: []string{"graph", "jobs", "executors", river}},
		{room: "internal/schedules", knows: append(leaves, "internal/runs", "internal/plans", "internal/auth", "ent", query), never: []string{"internal/triggers", "internal/events", "graph", "jobs", "executors", river, redis, pgx, cron}},
		{room: "internal/triggers", knows: append(leaves, "internal/runs", "internal/plans", "internal/auth", "internal/seal", signatures), never: []string{"internal/schedules", "internal/webhooks", "graph", "jobs", "executors", river, redis, pgx}},
		{room: "internal/webhooks", knows: append(leaves, "internal/auth", "internal/events", "internal/seal", "net/http"),
			never: []string{"internal/runs", "internal/plans", "graph", "jobs", river, redis, pgx}},
		{room: "internal/notify", knows: append(leaves, "internal/events"), never: []string{"internal/runs", "graph", "jobs", river}},

		{room: "dataloader", knows: []string{"internal/runs", "ent"}, never: []string{"graph", "jobs", "executors", "internal/store", query, river, redis, pgx}},
		{room: "jobs", knows: []string{"executors", "internal/breaker", "internal/runs", "internal/schedules", "ent/schema", river, pgx}, never: []string{"graph", "ent", "ent/run", "executors/api", "dataloader", query, redis}},
		{room: "graph", knows: []string{"internal/breaker", "internal/runs", "dataloader", "ent", "graph/model", "github.com/99designs/gqlgen/graphql"}, never: []string{"jobs", "executors", "internal/app", "internal/store/migration", query, river, redis, pgx}},
		{room: "graph/transport", knows: []string{"internal/apperr", "github.com/99designs/gqlgen/graphql"},
			never: []string{"graph", "graph/model", "internal/runs", "internal/events", "internal/auth", "ent", "dataloader", "jobs", river, redis, pgx}},
		{room: "graph/model", knows: []string{"ent", "internal/runs"}, never: []string{"jobs", "executors", "dataloader", query, river}},
		{room: "internal/cli", knows: []string{"internal/app", "internal/config", "internal/spec", "internal/report", "internal/cli/client", "examples", "github.com/alecthomas/kong"},
			never: []string{"ent", "internal/runs", "internal/store", "graph", "jobs", "executors", "internal/app/apptest", river, redis, pgx, query}},
		{room: "internal/cli/client", knows: []string{"internal/apperr"}, never: []string{"internal/app", "internal/runs", "graph/model"}},
		{room: ".", knows: []string{"internal/cli"}, never: []string{"internal/app", "internal/cli/client"}},
		{room: "internal/app", knows: []string{"graph", "jobs", "executors/api", "internal/runs", river, redis, pgx + "/pgconn"}},
	} {
		t.Run(wall.room, func(t *testing.T) {
			t.Parallel()
			file := path.Join(wall.room, "server.go")
			for _, other := range wall.knows {
				if found := breaches(all, []source{{path: file, imports: []string{importPath(other)}}}); found != nil {
					t.Errorf("may know %s, but %s", other, found)
				}
			}
			for _, other := range wall.never {
				if breaches(all, []source{{path: file, imports: []string{importPath(other)}}}) == nil {
					t.Errorf("no rule keeps it from importing %s", other)
				}
			}
		})
	}
}

// importPath completes the path of a package of this module.
func importPath(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "dataloader", "ent", "examples", "executors", "graph", "internal", "jobs":
		return module + "/" + name
	}
	return name
}

// unbound are the packages that no rule keeps from a room of this module.
var unbound = map[string]string{
	"bench":                    "measures the whole program",
	"bench/peers":              "a module of its own, without any of ours",
	"bench/viewers":            "clients for measurements, which know nothing of ours",
	"e2e":                      "tests the built program",
	"ent":                      "made by a machine, but for the line that starts it",
	"ent/migrate":              "made by a machine, and the migrations",
	"ent/migrate/diff":         "a tool that brings a database",
	"internal/app":             "brings all rooms together",
	"internal/app/apptest":     "boots all rooms inside a test",
	"internal/store/storetest": "brings a database to tests",
	"internal/walls":           "reads all rooms",
}

func TestEveryRoomHasRules(t *testing.T) {
	t.Parallel()
	all := rules(t)
	bound, seen := map[string]bool{}, map[string]bool{}
	for _, file := range sources(t) {
		room := path.Dir(file.path)
		seen[room] = true
		for _, r := range all {
			bound[room] = bound[room] || r.applies(file.path) && r.refuses(module+"/any")
		}
	}
	for room := range seen {
		_, excepted := unbound[room]
		switch {
		case generated(room):
		case bound[room] && excepted:
			t.Errorf("%s has rules, it is no exception any more", room)
		case !bound[room] && !excepted:
			t.Errorf("%s has no rule in .golangci.yaml that says which rooms it may know", room)
		}
	}
	for room := range unbound {
		if _, err := os.Stat(filepath.Join(root, room)); err == nil && !seen[room] {
			t.Errorf("%s holds no Go file, it is no exception any more", room)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, file := range sources(t) {
		room := path.Dir(file.path)
		said[room] = said[room] || file.comment && !strings.HasSuffix(file.path, "_test.go")
	}
	for room, ok := range said {
		if !ok && !generated(room) {
			t.Errorf("%s has no package comment; write a doc.go that says what it owns and what it must not know", room)
		}
	}
}

// generated reports whether a machine writes the whole package.
func generated(room string) bool {
	if room == "graph/generated" {
		return true
	}
	inside, ok := strings.CutPrefix(room, "ent/")
	return ok && !strings.HasPrefix(inside, "schema") && !strings.HasPrefix(inside, "migrate")
}

// sources reads the head of every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch base := entry.Name(); {
			case base == "testdata", base == "node_modules", base != ".." && strings.HasPrefix(base, "."):
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		imports, err := importsOf(file)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, source{path: filepath.ToSlash(relative), imports: imports, comment: file.Doc.Text() != ""})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func importsOf(file *ast.File) ([]string, error) {
	var out []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, imported)
	}
	return out, nil
}
