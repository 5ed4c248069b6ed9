package artifacts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
)

func TestFolders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		of   func(dir string) string // the address of a folder
	}{
		{"a path", func(dir string) string { return dir }},
		{"a URL", func(dir string) string { return "file://" + dir }},
	} {
		for _, folder := range []string{"new/below/new", "with space", "a#b", "50%", "q?x=1", "c:d"} {
			t.Run(tt.name+" "+folder, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), folder)
				address := tt.of(dir)
				if strings.HasPrefix(address, "file://") {
					address = strings.NewReplacer("%", "%25", "#", "%23", "?", "%3F", " ", "%20").Replace(address)
				}
				s, err := artifacts.Open(t.Context(), nil, address)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := put(t, s, &closing{Reader: strings.NewReader("x")}); err != nil {
					t.Fatal(err)
				}
				if got := files(t, dir); len(got) != 1 {
					t.Errorf("%s has %v, want one file", dir, got)
				}
			})
		}
	}
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, address, says string }{
		{"empty", "", "empty"},
		{"a file", file, file},
		{"below a file", filepath.Join(file, "artifacts"), file},
		{"where nothing can be made", "/proc/semantest/artifacts", "/proc/semantest"},
		{"a URL with a host", "file://server/share", "file:///absolute/path"},
		{"a URL without a path", "file://", "file:///absolute/path"},
		{"a scheme that nobody knows", "ftp://host/dir", "s3://bucket?region=REGION"},
		{"a bucket without a name", "s3://", "s3://bucket?region=REGION"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := artifacts.Open(t.Context(), nil, tt.address)
			if s != nil {
				t.Cleanup(func() { _ = s.Close() })
			}
			if apperr.CodeOf(err) != apperr.InvalidInput || !strings.Contains(apperr.Message(err), tt.says) {
				t.Errorf("Open = %v (%s), want INVALID_INPUT that says %q", err, apperr.CodeOf(err), tt.says)
			}
		})
	}
}

// TestFolderGoesAway takes the folder away from a store that is in use.
func TestFolderGoesAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "artifacts")
	s, err := artifacts.Open(t.Context(), nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	body := &closing{Reader: strings.NewReader("x")}
	if _, err := put(t, s, body); err == nil || !body.closed {
		t.Errorf("Put = %v, body closed: %t", err, body.closed)
	}
}
