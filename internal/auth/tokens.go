package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	stdsql "database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/ent/token"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/store"
)

// DefaultProject is the slug of the project that exists from the first start.
const DefaultProject = "default"

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "smt_"

// lastUsedEvery bounds how often the time of last use is written.
const lastUsedEvery = time.Minute

// Service keeps projects and tokens.
type Service struct{ store *store.Store }

// New returns the service.
func New(s *store.Store) *Service { return &Service{store: s} }

// EnsureProject returns the default project and makes it on first use. It is
// safe when several processes start at once.
func (s *Service) EnsureProject(ctx context.Context) (*ent.Project, error) {
	err := s.store.Ent.Project.Create().SetSlug(DefaultProject).SetName("Default").
		OnConflict(sql.ConflictColumns(project.FieldSlug), sql.DoNothing()).Exec(ctx)
	// DO NOTHING returns no row where the project exists.
	if err != nil && !errors.Is(err, stdsql.ErrNoRows) {
		return nil, fmt.Errorf("create the default project: %w", err)
	}
	p, err := s.store.Ent.Project.Query().Where(project.Slug(DefaultProject)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the default project: %w", err)
	}
	return p, nil
}

// NewToken is what CreateToken needs.
type NewToken struct {
	ProjectID   string
	Name        string
	Permissions []Permission  // all but Admin when empty
	TTL         time.Duration // 0 never expires
}

// CreateToken makes a token and returns its secret, which is shown this once.
func (s *Service) CreateToken(ctx context.Context, in NewToken) (*ent.Token, string, error) {
	if strings.TrimSpace(in.Name) == "" || len(in.Name) > 100 {
		return nil, "", apperr.Invalid("name", "a token needs a name of 1–100 characters that says what it is for")
	}
	if in.TTL < 0 {
		return nil, "", apperr.Invalid("ttl", "a token cannot be valid for %s; leave the time out for one that is valid until it is revoked", in.TTL)
	}
	for _, p := range in.Permissions {
		if !slices.Contains(Permissions(), p) {
			return nil, "", apperr.Invalid("permissions", "there is no permission %q; use tests:read, tests:write, tests:execute, admin or instance", string(p))
		}
	}
	if len(in.Permissions) == 0 {
		in.Permissions = []Permission{Read, Write, Execute}
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	names := make([]string, len(in.Permissions))
	for i, p := range in.Permissions {
		names[i] = string(p)
	}
	create := s.store.Ent.Token.Create().SetProjectID(in.ProjectID).SetName(in.Name).
		SetHash(hash(secret)).SetPermissions(names)
	if in.TTL > 0 {
		create.SetExpiresAt(time.Now().Add(in.TTL))
	}
	t, err := create.Save(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("store the token: %w", err)
	}
	return t, secret, nil
}

// Authenticate returns the principal of a token's secret.
func (s *Service) Authenticate(ctx context.Context, secret string) (*Principal, error) {
	refused := apperr.New(apperr.Unauthenticated, "the API token is not valid; make one with: semantest token create")
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return nil, refused
	}
	ctx = store.AllProjects(ctx) // whose project it is, only the token tells
	// The hash is of 256 random bits, so finding it by equality tells nothing.
	t, err := s.store.Ent.Token.Query().Where(token.Hash(hash(secret))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("look the token up: %w", err)
	}
	now := time.Now()
	if t.RevokedAt != nil || (t.ExpiresAt != nil && t.ExpiresAt.Before(now)) {
		return nil, apperr.New(apperr.Unauthenticated, "the API token has expired or was revoked; make one with: semantest token create")
	}
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) > lastUsedEvery {
		if err := s.store.Ent.Token.UpdateOneID(t.ID).SetLastUsedAt(now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("note the token's use: %w", err)
		}
	}
	p := &Principal{Kind: audit.Token, ProjectID: t.ProjectID, TokenID: t.ID, Name: t.Name}
	if t.ExpiresAt != nil {
		p.ExpiresAt = *t.ExpiresAt
	}
	for _, name := range t.Permissions {
		p.Permissions = append(p.Permissions, Permission(name))
	}
	return p, nil
}

// Refused returns those of some tokens, by id, that are not valid any more.
func (s *Service) Refused(ctx context.Context, ids []string) ([]string, error) {
	valid, err := s.store.Ent.Token.Query().Where(
		token.IDIn(ids...), token.RevokedAtIsNil(),
		token.Or(token.ExpiresAtIsNil(), token.ExpiresAtGT(time.Now())),
	).IDs(store.AllProjects(ctx))
	if err != nil {
		return nil, fmt.Errorf("look tokens up: %w", err)
	}
	good := make(map[string]bool, len(valid))
	for _, id := range valid {
		good[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return good[id] }), nil
}

func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Project returns a project by id.
func (s *Service) Project(ctx context.Context, id string) (*ent.Project, error) {
	p, err := s.store.Ent.Project.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the project: %w", err)
	}
	return p, nil
}

// Visible returns a project when it is the caller's.
func (s *Service) Visible(ctx context.Context, id string) (*ent.Project, error) {
	p, err := Require(ctx, Read)
	if err != nil {
		return nil, err
	}
	if p.ProjectID != id {
		return nil, apperr.New(apperr.NotFound, "there is no project %s", id)
	}
	return s.Project(ctx, id)
}
