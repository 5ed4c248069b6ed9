package artifacts_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
)

// TestUnwritableFolder is not for root, to whom no folder is closed: there, the
// thread becomes somebody else while it stores.
func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := artifacts.Open(t.Context(), nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		const nobody = 65534
		if _, err := unix.SetfsuidRetUid(nobody); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = unix.SetfsuidRetUid(0) }()
	}
	body := &closing{Reader: strings.NewReader("x")}
	_, err = put(t, s, body)
	if apperr.CodeOf(err) != apperr.Unavailable || apperr.Message(err) != "the artifacts store is not writable" || !body.closed {
		t.Errorf("Put = %v (%s), body closed: %t; want UNAVAILABLE", err, apperr.CodeOf(err), body.closed)
	}
}
