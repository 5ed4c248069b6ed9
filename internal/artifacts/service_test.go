package artifacts_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

const (
	mine   = "prj_01h455vb4pex5vsknk084sn02q"
	theirs = "prj_01h455vb4pex5vsknk084sn02r"
)

func TestPutAndOpen(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for _, tt := range []struct {
		name    string
		content []byte
	}{
		{"text", []byte("console: ready\n")},
		{"empty", nil},
		{"binary", bytes.Repeat([]byte{0, 255, 10, 13}, 300_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, dir := open(t, db)
			body := &closing{Reader: bytes.NewReader(tt.content)}
			stored, err := put(t, s, body)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(tt.content)
			if stored.Size != int64(len(tt.content)) || stored.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("stored %d bytes with sum %s, want %d with %x", stored.Size, stored.SHA256, len(tt.content), sum)
			}
			if !body.closed {
				t.Error("the body was left open")
			}
			if got := files(t, dir); len(got) != 1 || filepath.ToSlash(got[0]) != stored.Key || !strings.HasPrefix(stored.Key, mine+"/") {
				t.Errorf("the folder has %v, want %s alone", got, stored.Key)
			}

			insert(t, db, stored, "")
			row, r, err := s.Open(as(t, mine), stored.ID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, tt.content) || row.ID != stored.ID {
				t.Errorf("%d bytes come back for %s (%v), want %d", len(got), row.ID, err, len(tt.content))
			}
		})
	}
}

// TestNothingStaysOfAHalf breaks each way a content can break.
func TestNothingStaysOfAHalf(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	torn := errors.New("the page is gone")
	for _, tt := range []struct {
		name string
		body *closing
		code apperr.Code
		is   error
	}{
		{"the body breaks off", &closing{Reader: io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(torn))}, apperr.Internal, torn},
		{"the body cannot be read at all", &closing{Reader: iotest.ErrReader(torn)}, apperr.Internal, torn},
		{"the body is too large", &closing{Reader: endless{}}, apperr.InvalidInput, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, dir := open(t, db)
			stored, err := put(t, s, tt.body)
			if apperr.CodeOf(err) != tt.code || (tt.is != nil && !errors.Is(err, tt.is)) {
				t.Errorf("Put = %v (%s), want %v as %s", err, apperr.CodeOf(err), tt.is, tt.code)
			}
			if ident.TypeOf(stored.ID) != ident.Artifact || stored.Key != "" || stored.SHA256 != "" || stored.Size != 0 {
				t.Errorf("Put = %+v, want an id and nothing else", stored)
			}
			if !tt.body.closed {
				t.Error("the body was left open")
			}
			if got := files(t, dir); len(got) != 0 {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

func TestLargestContent(t *testing.T) {
	t.Parallel()
	s, _ := open(t, storetest.Open(t))
	stored, err := put(t, s, &closing{Reader: io.LimitReader(endless{}, artifacts.MaxBytes)})
	if err != nil || stored.Size != artifacts.MaxBytes {
		t.Errorf("a content of MaxBytes: %d bytes, %v", stored.Size, err)
	}
}

func TestPutWithAnEndedContext(t *testing.T) {
	t.Parallel()
	s, dir := open(t, storetest.Open(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	body := &closing{Reader: strings.NewReader("late")}
	if _, err := s.Put(ctx, artifacts.Content{ProjectID: mine, RunID: ident.New(ident.Run), Name: "late", Body: body}); err == nil {
		t.Error("Put succeeds")
	}
	if got := files(t, dir); len(got) != 0 || !body.closed {
		t.Errorf("left behind: %v, body closed: %t", got, body.closed)
	}
}

// TestAnothersArtifact must answer exactly like one that does not exist.
func TestAnothersArtifact(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s, _ := open(t, db)
	stored, err := put(t, s, &closing{Reader: strings.NewReader("secret")})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, db, stored, "")
	if _, err := s.Get(as(t, mine), stored.ID); err != nil {
		t.Fatalf("its own project: %v", err)
	}
	_, r, foreign := s.Open(as(t, theirs), stored.ID)
	missing := ident.New(ident.Artifact)
	_, _, absent := s.Open(as(t, theirs), missing)
	if apperr.CodeOf(foreign) != apperr.NotFound || r != nil ||
		strings.ReplaceAll(foreign.Error(), stored.ID, missing) != absent.Error() {
		t.Errorf("another's artifact answers %q, a missing one %q", foreign, absent)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s, _ := open(t, db)
	unstored := artifacts.Stored{ID: ident.New(ident.Artifact)}
	insert(t, db, unstored, "no space is left in the artifacts store")
	lost := artifacts.Stored{ID: ident.New(ident.Artifact), Key: mine + "/run/lost"}
	insert(t, db, lost, "")
	for _, tt := range []struct {
		name, id string
		ctx      context.Context
		code     apperr.Code
		says     string
	}{
		{"nobody", lost.ID, t.Context(), apperr.Unauthenticated, "token"},
		{"may not read", lost.ID, auth.With(t.Context(), &auth.Principal{ProjectID: mine}), apperr.Forbidden, "tests:read"},
		{"not an id", "../../etc/passwd", as(t, mine), apperr.InvalidInput, "not an id"},
		{"another kind of id", ident.New(ident.Run), as(t, mine), apperr.InvalidInput, "not an id"},
		{"could not be stored", unstored.ID, as(t, mine), apperr.NotFound, "no space is left"},
		{"the content was removed", lost.ID, as(t, mine), apperr.NotFound, "no longer there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, r, err := s.Open(tt.ctx, tt.id)
			if apperr.CodeOf(err) != tt.code || !strings.Contains(apperr.Message(err), tt.says) || r != nil {
				t.Errorf("Open = %v (%s), want %s that says %q", err, apperr.CodeOf(err), tt.code, tt.says)
			}
		})
	}
}

func open(t *testing.T, db *store.Store) (s *artifacts.Service, dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := artifacts.Open(t.Context(), db, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dir
}

func put(t *testing.T, s *artifacts.Service, body io.ReadCloser) (artifacts.Stored, error) {
	t.Helper()
	return s.Put(t.Context(), artifacts.Content{
		ProjectID: mine, RunID: ident.New(ident.Run), Name: "page.png", ContentType: "image/png", Body: body,
	})
}

// insert writes the row that runs writes with the attempt, in my project.
func insert(t *testing.T, db *store.Store, a artifacts.Stored, problem string) {
	t.Helper()
	err := db.Ent.Artifact.Create().SetID(a.ID).SetProjectID(mine).SetRunID(ident.New(ident.Run)).
		SetResultID(ident.New(ident.Result)).SetAttempt(1).SetStep(0).SetName("page.png").SetKind("screenshot").
		SetContentType("image/png").SetSize(a.Size).SetSha256(a.SHA256).SetKey(a.Key).SetError(problem).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

func as(t *testing.T, project string) context.Context {
	t.Helper()
	t.Helper()
	return auth.With(t.Context(), &auth.Principal{ProjectID: project, Permissions: []auth.Permission{auth.Read}})
}

// files lists what lies in a folder, with the paths below it.
func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		out = append(out, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// closing remembers that it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
