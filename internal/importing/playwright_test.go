package importing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/importing"
)

func TestPlaywright(t *testing.T) {
	t.Parallel()
	made, err := importing.Playwright(source(t, "shop.spec.ts"))
	if err != nil {
		t.Fatal(err)
	}
	got := string(made.Plan) + "---\n" + strings.Join(made.Notes, "\n") + "\n"
	path := filepath.Join("testdata", "shop.spec.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("plan and notes (-want +got):\n%s", diff)
	}
}

func TestPlaywrightOfNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ source, want string }{
		"empty":        {"", "it holds no test"},
		"no end":       {"test('a", "line 1: a text has no end"},
		"not a test":   {"console.log(1)", "line 1: console.log() was left out"},
		"no page":      {"test('a', async () => { await other.goto('/') })", "other is not the test's page"},
		"too long":     {strings.Repeat("x ", 1<<20), "it has more than 1024 KiB"},
		"very deep":    {"test('a', async ({page}) => { page.goto(" + strings.Repeat("(", 5000) + " })", "was left out"},
		"half a regex": {"test('a', async ({page}) => { expect(page).toHaveURL(/a(?=b)/) })", "cannot be written for a plan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := importing.Playwright([]byte(tt.source))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q\n%+v", err, tt.want, made)
			}
		})
	}
}

func FuzzPlaywright(f *testing.F) {
	f.Add([]byte("test('a', async ({page}) => { if (x) page.goto('/a')\n else { page.goto(`${b}`) } await page.goto('http://a/${{') })"))
	fuzz(f, importing.Playwright, "shop.spec.ts")
}
