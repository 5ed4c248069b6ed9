package embedded

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/semantest/semantest/internal/apperr"
)

// binaries are the programs of one PostgreSQL installation.
type binaries struct {
	initdb, postgres string
	major            string
}

// oldestMajor is the first with all that is used here (DROP DATABASE … FORCE,
// --no-instructions).
const oldestMajor = 14

// findBinaries returns the installation that fits the folder: the version that
// made its cluster, or the newest for a new one.
func findBinaries(ctx context.Context, dir string, f *folder) (binaries, error) {
	installed := installations(ctx, dir, f)
	if len(installed) == 0 {
		return binaries{}, apperr.New(apperr.Unavailable,
			"PostgreSQL %d or later is not installed; install it (apt-get install postgresql), or set SEMANTEST_DATABASE_URL to a server that runs", oldestMajor)
	}
	want := f.clusterVersion()
	if want == "" {
		return installed[0], nil
	}
	for _, b := range installed {
		if b.major == want {
			return b, nil
		}
	}
	return binaries{}, apperr.New(apperr.InvalidInput,
		"data folder %s was made by PostgreSQL %s, and the installed version is %s; install postgresql-%s or choose another folder with --data-dir",
		f.path, want, installed[0].major, want)
}

// installations lists what is installed, newest first.
func installations(ctx context.Context, dir string, f *folder) []binaries {
	var dirs []string
	if dir != "" {
		dirs = []string{dir}
	} else {
		dirs, _ = filepath.Glob("/usr/lib/postgresql/*/bin")
		if initdb, err := exec.LookPath("initdb"); err == nil {
			if resolved, err := filepath.EvalSymlinks(initdb); err == nil {
				dirs = append(dirs, filepath.Dir(resolved))
			}
		}
	}
	var found []binaries
	for _, d := range dirs {
		b := binaries{initdb: filepath.Join(d, "initdb"), postgres: filepath.Join(d, "postgres")}
		if !executable(b.initdb) || !executable(b.postgres) {
			continue
		}
		b.major = majorOf(ctx, d, b, f)
		if n, err := strconv.Atoi(b.major); err == nil && n >= oldestMajor {
			found = append(found, b)
		}
	}
	slices.SortStableFunc(found, func(a, b binaries) int {
		x, _ := strconv.Atoi(a.major)
		y, _ := strconv.Atoi(b.major)
		return y - x
	})
	return found
}

var (
	debianBin = regexp.MustCompile(`^/usr/lib/postgresql/(\d+)/bin$`)
	versionIs = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
)

// majorOf reads the version from Debian's path, which costs nothing, or asks.
func majorOf(ctx context.Context, dir string, b binaries, f *folder) string {
	if m := debianBin.FindStringSubmatch(dir); m != nil {
		return m[1]
	}
	out, err := runAs(ctx, f.account, f.path, b.initdb, "--version")
	if err != nil {
		return ""
	}
	if m := versionIs.FindStringSubmatch(out.String()); m != nil {
		return m[1]
	}
	return ""
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
