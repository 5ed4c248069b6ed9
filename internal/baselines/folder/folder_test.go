package folder_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/internal/spec"
)

var home = folder.Key{CaseKey: "ui.home[n=1]", Name: "top/left", Kind: spec.BaselineScreenshot, Browser: "chromium", Viewport: "1280x720@1"}

func of(t *testing.T) (*folder.Folder, string) {
	t.Helper()
	path := folder.Of(filepath.Join(t.TempDir(), "shop.plan.yaml"))
	return folder.New(path), path
}

// files lists what there is, with the contents.
func files(t *testing.T, path string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(p)
		rel, _ := filepath.Rel(path, p)
		out[filepath.ToSlash(rel)] = string(content)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

func variants(t *testing.T, f *folder.Folder, k folder.Key) []string {
	t.Helper()
	found, err := f.Variants(k)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, v := range found {
		content, err := f.Read(v.Path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(content))
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestVariantsAreFilesThatPeopleCanName(t *testing.T) {
	t.Parallel()
	f, path := of(t)
	if got := variants(t, f, home); len(got) != 0 {
		t.Fatalf("an absent folder has %v", got)
	}
	must(t, f.Accept(home, []byte("one"), false))
	must(t, f.Accept(home, []byte("two"), true))
	must(t, f.Accept(home, []byte("two"), true))
	retina := home
	retina.Viewport = "1280x720@2"
	must(t, f.Accept(retina, []byte("sharp"), false))
	must(t, f.Accept(folder.Key{CaseKey: "a", Name: "tree", Kind: spec.BaselineAria}, []byte("- main"), false))
	if diff := cmp.Diff(map[string]string{
		"ui.home%5Bn%3D1%5D/top%2Fleft-chromium-1280x720.png":   "one",
		"ui.home%5Bn%3D1%5D/top%2Fleft-chromium-1280x720.2.png": "two",
		"ui.home%5Bn%3D1%5D/top%2Fleft-chromium-1280x720@2.png": "sharp",
		"a/tree.aria.txt": "- main",
	}, files(t, path)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"two", "one"}, variants(t, f, home)); diff != "" {
		t.Error(diff)
	}
	for _, k := range []folder.Key{{CaseKey: "v", Name: "n", Kind: spec.BaselineLoad}, {CaseKey: "v", Name: "n.2", Kind: spec.BaselineLoad}} {
		must(t, f.Accept(k, []byte("a "+k.Name), false))
		must(t, f.Accept(k, []byte("b "+k.Name), true))
		if diff := cmp.Diff([]string{"b " + k.Name, "a " + k.Name}, variants(t, f, k)); diff != "" {
			t.Error(diff)
		}
	}
	must(t, f.Accept(home, []byte("three"), false))
	if diff := cmp.Diff([]string{"three"}, variants(t, f, home)); diff != "" {
		t.Errorf("replacing left others: %s", diff)
	}
	for n := range folder.MaxVariants - 1 {
		must(t, f.Accept(home, []byte(strings.Repeat("x", n+1)), true))
	}
	if err := f.Accept(home, []byte("one more"), true); err == nil {
		t.Error("there is no end to variants")
	}
}

func TestWhatWaitsIsAcceptedOrRejected(t *testing.T) {
	t.Parallel()
	f, path := of(t)
	must(t, f.Accept(home, []byte("old"), false))
	p := folder.Pending{Key: home, Status: spec.ComparisonChanged, DiffPixels: 7, DiffRatio: 0.5, Reason: "it differs"}
	rejected, err := f.Propose(p, []byte("new"), []byte("diff"))
	if err != nil || rejected {
		t.Fatal(rejected, err)
	}
	waiting := func() folder.Pending {
		t.Helper()
		list, err := f.Waiting()
		if err != nil || len(list) != 1 {
			t.Fatalf("waiting: %v %v", list, err)
		}
		return list[0]
	}
	got := waiting()
	if got.Key != home || got.DiffPixels != 7 || got.Rejected || got.DiffPath() == "" {
		t.Errorf("waiting: %+v", got)
	}
	if text := files(t, path)[".gitignore"]; text != ".pending/\n" {
		t.Errorf(".gitignore holds %q", text)
	}

	// Another kind may have the same name, and a name may look like a file of ours.
	for _, k := range []folder.Key{
		{CaseKey: home.CaseKey, Name: home.Name, Kind: spec.BaselineContract, Browser: home.Browser, Viewport: home.Viewport},
		{CaseKey: home.CaseKey, Name: "x.actual.pending", Kind: spec.BaselineLoad},
	} {
		if _, err := f.Propose(folder.Pending{Key: k, Status: spec.ComparisonNew}, []byte("{}"), []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if list, err := f.Waiting(); err != nil || len(list) != 2 {
			t.Errorf("waiting: %v %v", list, err)
		}
		must(t, f.Settle(k))
	}

	must(t, f.RejectPending(got))
	if rejected, err = f.Propose(p, []byte("new"), nil); err != nil || !rejected {
		t.Errorf("what was rejected is not known again: %v", err)
	}
	if rejected, err = f.Propose(p, []byte("newer"), nil); err != nil || rejected {
		t.Errorf("something else is rejected: %v", err)
	}
	got = waiting()
	if got.DiffPath() != "" {
		t.Error("the difference of an earlier run is shown")
	}
	must(t, f.AcceptPending(got, true))
	if diff := cmp.Diff([]string{"newer", "old"}, variants(t, f, home)); diff != "" {
		t.Error(diff)
	}
	if list, err := f.Waiting(); err != nil || len(list) != 0 {
		t.Errorf("still waiting: %v %v", list, err)
	}
}

// Somebody else's files must not lead out of the folder, nor be taken for what a
// run has written.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	f, path := of(t)
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("hush"), 0o600))
	must(t, os.MkdirAll(filepath.Join(path, "c"), 0o755))
	must(t, os.Symlink(secret, filepath.Join(path, "c", "n.png")))
	if found, err := f.Variants(folder.Key{CaseKey: "c", Name: "n", Kind: spec.BaselineScreenshot}); err == nil {
		t.Errorf("a link out of the folder was followed: %v", found)
	}
	for name, text := range map[string]string{
		"another file's": `{"case": "../..", "name": "x", "kind": "screenshot"}`, "no kind": `{"case": "c", "name": "x", "kind": "x"}`, "no JSON": `{`,
	} {
		must(t, os.MkdirAll(filepath.Join(path, ".pending", "c"), 0o755))
		must(t, os.WriteFile(filepath.Join(path, ".pending", "c", "x.png.pending.json"), []byte(text), 0o600))
		if list, err := f.Waiting(); err == nil {
			t.Errorf("%s: %+v", name, list)
		}
	}
	p := folder.Pending{Key: home, Status: spec.ComparisonNew}
	must(t, os.RemoveAll(filepath.Join(path, ".pending")))
	if _, err := f.Propose(p, []byte("seen"), nil); err != nil {
		t.Fatal(err)
	}
	list, err := f.Waiting()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(path, list[0].ActualPath()), []byte("changed"), 0o600))
	if err := f.AcceptPending(list[0], false); err == nil {
		t.Error("a file that was changed since was accepted")
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a", "b")
	f.Add("../..", "con\x00")
	f.Add("", ".")
	f.Add(strings.Repeat("é", 300), "a/b")
	f.Fuzz(func(t *testing.T, caseKey, name string) {
		dir := folder.New(filepath.Join(t.TempDir(), "f"))
		k := folder.Key{CaseKey: caseKey, Name: name, Kind: spec.BaselineScreenshot}
		if err := dir.Accept(k, []byte("x"), false); err != nil {
			t.Fatalf("%q %q: %v", caseKey, name, err)
		}
		if got, err := dir.Variants(k); err != nil || len(got) != 1 {
			t.Errorf("%q %q: %v %v", caseKey, name, got, err)
		}
		if other, err := dir.Variants(folder.Key{CaseKey: caseKey + "x", Name: name, Kind: k.Kind}); err != nil || len(other) != 0 {
			t.Errorf("another case has the file: %v %v", other, err)
		}
	})
}
