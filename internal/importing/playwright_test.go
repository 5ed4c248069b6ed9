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

// TestPlaywrightKeepsTheMeaning: nothing is dropped without a note, and no locator
// becomes wider than that of the script.
func TestPlaywrightKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	const click = "await page.getByText('Go').click();"
	for name, tt := range map[string]struct{ body, plan, note string }{
		"options of locator":          {"await page.locator('li', {hasText: 'Tea', has: page.locator('b')}).click();", "hasText: Tea", ""},
		"unknown option of locator":   {click + "await page.locator('li', {hasFoo: 1}).click();", "", "the option hasFoo"},
		"a choice of a choice":        {click + "await page.locator('li').first().nth(2).click();", "", "chooses among elements again"},
		"a filter of a choice":        {click + "await page.locator('li').nth(1).filter({hasText: 'Tea'}).click();", "", "chooses among elements again"},
		"one filter twice":            {click + "await page.locator('li').filter({hasText: 'A'}).filter({hasText: 'B'}).click();", "", "a second hasText"},
		"soft":                        {"await expect.soft(page.getByText('Go')).toBeVisible();", "visible:", "expect.soft is taken for expect"},
		"detached":                    {"await page.locator('.busy').waitFor({state: 'detached', timeout: 2000});", "count:", ""},
		"a limit":                     {"await page.getByLabel('Name').fill('Ada', {timeout: 2500});", "timeout: 2.5s", ""},
		"a limit of the page's":       {"await page.fill('#name', 'Ada', {timeout: 2500});", "timeout: 2.5s", ""},
		"a limit of a navigation":     {"await page.goto('/a', {waitUntil: 'networkidle', timeout: 2500});", "timeout: 2.5s", ""},
		"a label of the page's":       {"await page.selectOption('#size', {label: 'Large'});", "option: Large", ""},
		"force":                       {click + "await page.getByLabel('Terms').check({force: true});", "", "the option force"},
		"an unknown option of goto":   {click + "await page.goto('/a', {referer: 'http://b'});", "", "the option referer"},
		"an unknown option of reload": {click + "await page.reload({foo: 1});", "", "the option foo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := importing.Playwright([]byte("test('a', async ({page}) => {" + tt.body + "});"))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(made.Plan), tt.plan) {
				t.Errorf("the plan has no %q:\n%s\n%v", tt.plan, made.Plan, made.Notes)
			}
			notes := strings.Join(made.Notes, "\n")
			if !strings.Contains(notes, tt.note) || tt.note == "" && strings.Contains(notes, "left out") {
				t.Errorf("the notes are %q, want %q", notes, tt.note)
			}
		})
	}
}

func TestPlaywrightHooks(t *testing.T) {
	t.Parallel()
	made, err := importing.Playwright([]byte(`test('a', async ({page}) => { await page.getByText('A').click(); });
		test.describe('d', () => { test('b', async ({page}) => { await page.getByText('B').click(); }); });
		test.beforeEach(async ({page}) => { await page.goto('/first', {timeout: 2500}); });`))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(made.Plan), "/first"); n != 2 {
		t.Errorf("the hook is before %d of two tests:\n%s", n, made.Plan)
	}
	if n := strings.Count(string(made.Plan), "2.5s"); n != 2 {
		t.Errorf("its limit is in %d of two tests:\n%s", n, made.Plan)
	}
}

func TestPlaywrightNested(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("test.describe('d', () => {", 70) + "test('b', async ({page}) => { await page.goto('/b') })" + strings.Repeat("})", 70)
	made, err := importing.Playwright([]byte("test('a', async ({page}) => { await page.goto('/a') });" + deep))
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(made.Notes, "\n"); strings.Contains(string(made.Plan), "/b") || !strings.Contains(notes, "left out") {
		t.Errorf("the notes are %q:\n%s", notes, made.Plan)
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
