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
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"golang.org/x/sync/singleflight"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/ent/serviceaccount"
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
type Service struct {
	store    *store.Store
	verifier Verifier            // nil where only API tokens are taken
	known    *principals         // nil to look up each time
	flights  *singleflight.Group // with known
}

// New returns the service, which takes API tokens.
func New(s *store.Store, options ...Option) *Service {
	out := &Service{store: s}
	for _, o := range options {
		o(out)
	}
	return out
}

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
	ProjectID string
	// Account holds the token, which may never do more than its role; nil for a
	// token of the command line.
	Account     *ent.ServiceAccount
	Name        string
	Permissions []Permission  // when empty all that the account may do, or all but Admin and Instance
	TTL         time.Duration // 0 never expires
	ExpiresAt   time.Time     // instead of a TTL
}

// CreateToken makes a token and returns its secret, which is shown this once.
func (s *Service) CreateToken(ctx context.Context, in NewToken) (row *ent.Token, secret string, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, secret, err = s.CreateTokenTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return row, secret, nil
}

// CreateTokenTx is CreateToken within a transaction that holds the account.
func (s *Service) CreateTokenTx(ctx context.Context, tx *store.Tx, in NewToken) (*ent.Token, string, error) {
	if err := in.check(); err != nil {
		return nil, "", err
	}
	permissions, err := in.permissions()
	if err != nil {
		return nil, "", err
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	create := tx.Token.Create().SetProjectID(in.ProjectID).SetName(in.Name).SetHash(hash(secret)).SetPermissions(permissions)
	detail := map[string]string{"permissions": strings.Join(permissions, " ")}
	if in.Account != nil {
		create.SetServiceAccountID(in.Account.ID)
		detail["serviceAccount"] = in.Account.ID
	}
	if in.TTL > 0 {
		in.ExpiresAt = time.Now().Add(in.TTL)
	}
	if !in.ExpiresAt.IsZero() {
		create.SetExpiresAt(in.ExpiresAt)
		detail["expiresAt"] = in.ExpiresAt.UTC().Format(time.RFC3339)
	}
	t, err := create.Save(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("store the token: %w", err)
	}
	err = audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: t.ProjectID, Action: "token.created", ObjectID: t.ID, ObjectName: t.Name, Detail: detail,
	})
	return t, secret, err
}

func (in NewToken) check() error {
	if err := CheckName("name", in.Name); err != nil {
		return err
	}
	if in.TTL < 0 {
		return apperr.Invalid("ttl", "a token cannot be valid for %s; leave the time out for one that is valid until it is revoked", in.TTL)
	}
	if !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(time.Now()) {
		return apperr.Invalid("expiresAt", "a token must expire in the future; leave the time out for one that is valid until it is revoked")
	}
	return nil
}

// permissions returns what is asked for, in one order and each once.
func (in NewToken) permissions() ([]string, error) {
	may, most := []Permission{Read, Write, Execute}, Permissions()
	if in.Account != nil {
		role := Role(in.Account.Role)
		may, most = PermissionsOf(role), within(role)
	}
	for _, p := range in.Permissions {
		switch {
		case !slices.Contains(Permissions(), p):
			return nil, apperr.Invalid("permissions", "there is no permission %.100q; use tests:read, tests:write, tests:execute, admin or instance", string(p))
		case !slices.Contains(most, p):
			return nil, apperr.Invalid("permissions", "a service account with the role %s may not hold the permission %s", in.Account.Role, p)
		}
	}
	if len(in.Permissions) == 0 {
		in.Permissions = may
	}
	var out []string
	for _, p := range Permissions() {
		if slices.Contains(in.Permissions, p) {
			out = append(out, string(p))
		}
	}
	return out, nil
}

// within returns every permission that a role includes.
func within(r Role) []Permission {
	holder := &Principal{Permissions: PermissionsOf(r)}
	return slices.DeleteFunc(Permissions(), func(p Permission) bool { return !holder.May(p) })
}

// narrowed returns what a token may do that was made for some permissions and
// whose account has a role now.
func narrowed(granted []Permission, r Role) []Permission {
	token := &Principal{Permissions: granted}
	out := slices.DeleteFunc(within(r), func(p Permission) bool { return !token.May(p) })
	if slices.Contains(out, Admin) {
		return []Permission{Admin}
	}
	return out
}

// CheckName refuses a name that people could not read.
func CheckName(field, name string) error {
	if strings.TrimSpace(name) == "" || len(name) > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return apperr.Invalid(field, "the %s must have 1–100 characters and say what it is for", field)
	}
	return nil
}

// ofToken returns the principal of an API token. ctx sees all projects.
func (s *Service) ofToken(ctx context.Context, secret string) (*Principal, error) {
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return nil, refusedSecret
	}
	// The hash is of 256 random bits, so finding it by equality tells nothing.
	t, err := s.store.Ent.Token.Query().Where(token.Hash(hash(secret))).WithServiceAccount().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, refusedSecret
	}
	if err != nil {
		return nil, fmt.Errorf("look the token up: %w", err)
	}
	now := time.Now()
	if t.RevokedAt != nil || (t.ExpiresAt != nil && t.ExpiresAt.Before(now)) {
		return nil, apperr.New(apperr.Unauthenticated, "the API token has expired or was revoked; make one with: semantest token create")
	}
	if a := t.Edges.ServiceAccount; a != nil && a.DisabledAt != nil {
		return nil, apperr.New(apperr.Unauthenticated, "the service account of the API token is disabled; an administrator of the project can enable it")
	}
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) > lastUsedEvery {
		if err := s.store.Ent.Token.UpdateOneID(t.ID).SetLastUsedAt(now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("note the token's use: %w", err)
		}
	}
	return principalOf(t), nil
}

func principalOf(t *ent.Token) *Principal {
	p := &Principal{Kind: audit.Token, ProjectID: t.ProjectID, TokenID: t.ID, Name: t.Name, Permissions: Named(t.Permissions)}
	if t.ExpiresAt != nil {
		p.ExpiresAt = *t.ExpiresAt
	}
	if a := t.Edges.ServiceAccount; a != nil {
		p.Kind, p.ServiceAccountID, p.Name = audit.ServiceAccount, a.ID, a.Name
		p.Permissions = narrowed(p.Permissions, Role(a.Role))
	}
	return p
}

// validTokens marks the keys of those of some tokens that may still be used.
func (s *Service) validTokens(ctx context.Context, ids []string, valid map[string]bool) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := s.store.Ent.Token.Query().Where(
		token.IDIn(ids...), token.RevokedAtIsNil(),
		token.Or(token.ExpiresAtIsNil(), token.ExpiresAtGT(time.Now())),
		token.Or(token.ServiceAccountIDIsNil(), token.HasServiceAccountWith(serviceaccount.DisabledAtIsNil())),
	).WithServiceAccount().All(ctx)
	if err != nil {
		return err
	}
	for _, t := range rows {
		valid[principalOf(t).Key()] = true
	}
	return nil
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

// ProjectNamed returns a project by its slug or id, for the command line.
func (s *Service) ProjectNamed(ctx context.Context, name string) (*ent.Project, error) {
	p, err := s.store.Ent.Project.Query().Where(projectNamed(name)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, apperr.New(apperr.NotFound, "there is no project %.100q; createProject in the graph makes one", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the project: %w", err)
	}
	return p, nil
}
