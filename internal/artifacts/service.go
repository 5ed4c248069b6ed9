package artifacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3:// addresses
	"gocloud.dev/gcerrors"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/artifact"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// MaxBytes is the largest content that is stored.
const MaxBytes = 64 << 20

// Service keeps artifacts.
type Service struct {
	store  *store.Store
	bucket *blob.Bucket
}

// Open opens the blob store at an address: file:///path or a plain path, or
// s3://bucket?region=…&endpoint=….
func Open(ctx context.Context, s *store.Store, address string) (*Service, error) {
	bucket, err := openBucket(ctx, address)
	if err != nil {
		return nil, err
	}
	return &Service{store: s, bucket: bucket}, nil
}

// Close closes the blob store.
func (s *Service) Close() error { return s.bucket.Close() }

func openBucket(ctx context.Context, address string) (*blob.Bucket, error) {
	folder := address
	if scheme, rest, ok := strings.Cut(address, "://"); ok && scheme == "file" {
		u, err := url.Parse(address)
		if err != nil || u.Host != "" || u.Path == "" {
			return nil, apperr.Invalid("artifactsUrl", "the artifacts address file://%s is not a folder; use file:///absolute/path", rest)
		}
		folder = u.Path
	} else if ok {
		bucket, err := blob.OpenBucket(ctx, address)
		if err != nil {
			return nil, apperr.Wrap(err, apperr.InvalidInput, "the artifacts store cannot be opened; use a folder or s3://bucket?region=REGION")
		}
		return bucket, nil
	}
	if folder == "" {
		return nil, apperr.Invalid("artifactsUrl", "the artifacts address is empty; use a folder or s3://bucket?region=REGION")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the artifacts folder %s cannot be made", folder)
	}
	// Renaming within one folder tree is atomic, so half a file is never seen.
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite, DirFileMode: 0o700})
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the artifacts folder %s cannot be used", folder)
	}
	return bucket, nil
}

// Content is something to store. Put closes Body.
type Content struct {
	ProjectID   string
	RunID       string
	Name        string
	ContentType string
	Body        io.ReadCloser
}

// Stored tells where a content lies. The id is set even when storing failed.
type Stored struct {
	ID     string
	Key    string
	Size   int64
	SHA256 string
}

// Put stores a content and returns what its row needs. What cannot be stored
// whole is not stored at all.
func (s *Service) Put(ctx context.Context, c Content) (Stored, error) {
	out := Stored{ID: ident.New(ident.Artifact)}
	key := filepath.ToSlash(filepath.Join(c.ProjectID, c.RunID, out.ID))
	err := s.write(ctx, key, c, &out)
	if closeErr := c.Body.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("read the attachment: %w", closeErr)
	}
	if err != nil {
		return Stored{ID: out.ID}, err
	}
	out.Key = key
	return out, nil
}

func (s *Service) write(ctx context.Context, key string, c Content, out *Stored) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: c.ContentType})
	if err != nil {
		return explain(err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(c.Body, MaxBytes+1))
	if err == nil && n > MaxBytes {
		err = apperr.New(apperr.InvalidInput, "it is larger than %d MiB", MaxBytes>>20)
	}
	if err != nil {
		cancel() // the writer then drops what it has
		return errors.Join(explain(err), ignoreCancelled(w.Close()))
	}
	if err := w.Close(); err != nil {
		return explain(err)
	}
	out.Size, out.SHA256 = n, hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Get returns an artifact of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Artifact, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Artifact.Query().Where(artifact.ID(id), artifact.ProjectID(p.ProjectID)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Artifact, id)
	}
	return row, nil
}

// Open returns an artifact of the caller's project and its content, which the
// caller closes.
func (s *Service) Open(ctx context.Context, id string) (*ent.Artifact, io.ReadCloser, error) {
	row, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.OpenRow(ctx, row)
	if err != nil {
		return nil, nil, err
	}
	return row, r, nil
}

// OpenRow returns the content of an artifact, which the caller closes. The
// caller holds the row, which proves that it may see it.
func (s *Service) OpenRow(ctx context.Context, row *ent.Artifact) (io.ReadCloser, error) {
	if row.Error != "" {
		return nil, apperr.New(apperr.NotFound, "artifact %s has no content: %s", row.Name, row.Error)
	}
	r, err := s.bucket.NewReader(ctx, row.Key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, apperr.New(apperr.NotFound, "the content of artifact %s is no longer there", row.Name)
	}
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "the artifacts store does not answer")
	}
	return r, nil
}

// explain turns what people can mend into a sentence.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return apperr.Wrap(err, apperr.Unavailable, "no space is left in the artifacts store")
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EROFS):
		return apperr.Wrap(err, apperr.Unavailable, "the artifacts store is not writable")
	}
	return err
}

func ignoreCancelled(err error) error {
	if errors.Is(err, context.Canceled) || gcerrors.Code(err) == gcerrors.Canceled {
		return nil
	}
	return err
}

// OfResults returns the artifacts of results in the order of their making. The
// caller holds the results, which proves that it may see them.
func (s *Service) OfResults(ctx context.Context, resultIDs []string) ([]*ent.Artifact, error) {
	rows, err := s.store.Ent.Artifact.Query().Where(artifact.ResultIDIn(resultIDs...)).Order(artifact.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the artifacts: %w", err)
	}
	return rows, nil
}

// Keep copies the content of an artifact to where it is found by its digest and
// stays when the artifact's run is cleared away. The caller holds the row, which
// proves that it may see it. What was kept before is not copied again.
func (s *Service) Keep(ctx context.Context, row *ent.Artifact) (key string, err error) {
	if row.Error != "" {
		return "", apperr.New(apperr.Conflict, "artifact %s has no content: %s", row.Name, row.Error)
	}
	key = row.ProjectID + "/baselines/" + row.Sha256
	there, err := s.bucket.Exists(ctx, key)
	if err != nil {
		return "", apperr.Wrap(err, apperr.Unavailable, "the artifacts store does not answer")
	}
	if there {
		return key, nil
	}
	err = s.bucket.Copy(ctx, key, row.Key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return "", apperr.New(apperr.Conflict, "the content of artifact %s is no longer there", row.Name)
	}
	if err != nil {
		return "", apperr.Wrap(explain(err), apperr.Unavailable, "the content of artifact %s cannot be kept", row.Name)
	}
	return key, nil
}

// OpenKept returns what Keep has kept, which the caller closes.
func (s *Service) OpenKept(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, apperr.New(apperr.NotFound, "the content is no longer there")
	}
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "the artifacts store does not answer")
	}
	return r, nil
}

// ByID returns artifacts. The caller holds what names them, which proves that it
// may see them.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.Artifact, error) {
	rows, err := s.store.Ent.Artifact.Query().Where(artifact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the artifacts: %w", err)
	}
	return rows, nil
}
