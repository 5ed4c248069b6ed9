package secrets

import (
	"cmp"
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/ent/secret"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Bounds of secrets.
const (
	// MinValue is the least length of a value, in bytes: a shorter one would be
	// found in every text, so it could not be hidden in any.
	MinValue = 4
	MaxValue = 64 << 10 // bytes

	maxEnvironment = 100 // bytes
	maxOfProject   = 1000
)

// Service keeps the secrets of projects.
type Service struct {
	store  *store.Store
	sealer *seal.Sealer
}

// New returns the service.
func New(s *store.Store, sealer *seal.Sealer) *Service { return &Service{store: s, sealer: sealer} }

// Key names a secret within a project.
type Key struct {
	Name        string // as plans list it
	Environment string // the only one that sees it; empty is every one that has no value of its own
}

// Set gives a secret a value, and makes the secret where there is none. Runs
// that have started keep the value that they started with.
func (s *Service) Set(ctx context.Context, key Key, value string) (*ent.Secret, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	if err := key.check(); err != nil {
		return nil, err
	}
	if len(value) < MinValue || len(value) > MaxValue {
		return nil, apperr.Invalid("value", "the value of a secret has %d to %d bytes, not %d; a shorter one could not be hidden in what runs show", MinValue, MaxValue, len(value))
	}
	var out *ent.Secret
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Callers at the same time must neither make one secret twice nor go over
		// the limit together.
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", p.ProjectID); err != nil {
			return fmt.Errorf("lock the project's secrets: %w", err)
		}
		by, action := cmp.Or(p.Name, string(p.Actor().Kind)), "secret.changed"
		row, err := tx.Secret.Query().Where(key.of(p.ProjectID)...).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			out, err = s.create(ctx, tx, p.ProjectID, key, value, by)
			action = "secret.created"
		case err == nil:
			out, err = tx.Secret.UpdateOne(row).SetSealedValue(s.sealer.Seal([]byte(value), row.ID)).SetUpdatedBy(by).Save(ctx)
		}
		if err != nil {
			return fmt.Errorf("store the secret: %w", err)
		}
		return note(ctx, tx, out, action)
	})
	return out, err
}

func (s *Service) create(ctx context.Context, tx *store.Tx, projectID string, key Key, value, by string) (*ent.Secret, error) {
	n, err := tx.Secret.Query().Where(secret.ProjectID(projectID)).Count(ctx)
	if err != nil {
		return nil, err
	}
	if n >= maxOfProject {
		return nil, apperr.New(apperr.Conflict, "the project has %d secrets, which is the most; delete one first", maxOfProject)
	}
	id := ident.New(ident.Secret)
	return tx.Secret.Create().SetID(id).SetProjectID(projectID).SetName(key.Name).SetEnvironment(key.Environment).
		SetSealedValue(s.sealer.Seal([]byte(value), id)).SetUpdatedBy(by).Save(ctx)
}

// Delete removes a secret and returns its id. Runs that have started keep its
// value until they are over.
func (s *Service) Delete(ctx context.Context, key Key) (string, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return "", err
	}
	if err := key.check(); err != nil {
		return "", err
	}
	var id string
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Secret.Query().Where(key.of(p.ProjectID)...).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			return apperr.New(apperr.NotFound, "there is no secret %s %s", key.Name, key.where())
		}
		if err != nil {
			return fmt.Errorf("read the secret: %w", err)
		}
		if err := tx.Secret.DeleteOne(row).Exec(ctx); err != nil {
			return fmt.Errorf("delete the secret: %w", err)
		}
		id = row.ID
		return note(ctx, tx, row, "secret.deleted")
	})
	return id, err
}

// Page asks for a part of the project's secrets.
type Page struct {
	store.Page
	Environment *string // only its own; empty are those of all environments, nil all
}

// List returns a page of the project's secrets without their values, newest
// first, and whether more follow.
func (s *Service) List(ctx context.Context, page Page) ([]*ent.Secret, bool, error) {
	q, err := s.listed(ctx, page)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		q.Where(secret.IDLT(page.After))
	}
	rows, err := q.Order(secret.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the secrets: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many secrets List would go through.
func (s *Service) Count(ctx context.Context, page Page) (int, error) {
	q, err := s.listed(ctx, page)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (s *Service) listed(ctx context.Context, page Page) (*ent.SecretQuery, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.Secret.Query().Where(secret.ProjectID(p.ProjectID))
	if page.Environment != nil {
		q.Where(secret.Environment(*page.Environment))
	}
	return q, nil
}

// Values returns the values of the named secrets as a run in an environment
// gets them: the environment's own, else the one for all. Names without a value
// are not among the result.
func (s *Service) Values(ctx context.Context, tx *store.Tx, projectID, environment string, names []string) (map[string]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := tx.Secret.Query().Where(
		secret.ProjectID(projectID), secret.NameIn(names...), secret.EnvironmentIn("", environment),
	).Order(secret.ByEnvironment()).All(ctx) // the environment's own come last
	if err != nil {
		return nil, fmt.Errorf("read the project's secrets: %w", err)
	}
	chosen := make(map[string]*ent.Secret, len(names))
	for _, row := range rows {
		chosen[row.Name] = row
	}
	out := make(map[string]string, len(chosen))
	for name, row := range chosen {
		plain, err := s.sealer.Open(row.SealedValue, row.ID)
		if err != nil {
			return nil, fmt.Errorf("open the secret %s: %w", name, err)
		}
		out[name] = string(plain)
	}
	return out, nil
}

func (k Key) check() error {
	if err := spec.CheckSecretName(k.Name); err != nil {
		return apperr.Invalid("name", "%s", err)
	}
	if len(k.Environment) > maxEnvironment {
		return apperr.Invalid("environment", "the name of an environment has at most %d characters", maxEnvironment)
	}
	return nil
}

func (k Key) where() string {
	if k.Environment == "" {
		return "for all environments"
	}
	return fmt.Sprintf("for the environment %q", k.Environment)
}

// note records what became of a secret, never its value.
func note(ctx context.Context, tx *store.Tx, row *ent.Secret, action string) error {
	e := audit.Entry{ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name}
	if row.Environment != "" {
		e.Detail = map[string]string{"environment": row.Environment}
	}
	return audit.Record(ctx, tx.AuditEntry, e)
}

func (k Key) of(projectID string) []predicate.Secret {
	return []predicate.Secret{secret.ProjectID(projectID), secret.Name(k.Name), secret.Environment(k.Environment)}
}
