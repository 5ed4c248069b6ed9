package members

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/serviceaccount"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// maxAccounts bounds how many service accounts a project has.
const maxAccounts = 200

// CreateAccount gives a program a place in the caller's project.
func (s *Service) CreateAccount(ctx context.Context, name string, role auth.Role) (*ent.ServiceAccount, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	if err := auth.CheckName("name", name); err != nil {
		return nil, err
	}
	if err := known(role); err != nil {
		return nil, err
	}
	var out *ent.ServiceAccount
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := lock(ctx, tx, p.ProjectID); err != nil {
			return err
		}
		n, err := tx.ServiceAccount.Query().Where(serviceaccount.ProjectID(p.ProjectID)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the service accounts: %w", err)
		}
		if n >= maxAccounts {
			return apperr.New(apperr.Conflict, "a project has at most %d service accounts; give one that is there another purpose", maxAccounts)
		}
		out, err = tx.ServiceAccount.Create().SetProjectID(p.ProjectID).SetName(name).SetRole(serviceaccount.Role(role)).Save(ctx)
		if err != nil {
			return stored(err, name)
		}
		return recordAccount(ctx, tx, "service_account.created", out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AccountChange is what UpdateAccount changes; nil keeps what is there.
type AccountChange struct {
	Name     *string
	Role     *auth.Role
	Disabled *bool
}

// UpdateAccount changes a service account of the caller's project. Its tokens
// follow: they may do what its role allows now, and nothing while it is disabled.
func (s *Service) UpdateAccount(ctx context.Context, id string, in AccountChange) (*ent.ServiceAccount, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	if in.Name != nil {
		if err := auth.CheckName("name", *in.Name); err != nil {
			return nil, err
		}
	}
	if in.Role != nil {
		if err := known(*in.Role); err != nil {
			return nil, err
		}
	}
	var out *ent.ServiceAccount
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := account(ctx, tx, p.ProjectID, id)
		if err != nil {
			return err
		}
		update := tx.ServiceAccount.UpdateOne(row).SetNillableName(in.Name)
		if in.Role != nil {
			update.SetRole(serviceaccount.Role(*in.Role))
		}
		if in.Disabled != nil && *in.Disabled != (row.DisabledAt != nil) {
			if *in.Disabled {
				update.SetDisabledAt(time.Now())
			} else {
				update.ClearDisabledAt()
			}
		}
		if out, err = update.Save(ctx); err != nil {
			return stored(err, row.Name)
		}
		tx.AfterCommit(s.auth.Forget)
		return recordAccount(ctx, tx, "service_account.updated", out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Account returns a service account of the caller's project.
func (s *Service) Account(ctx context.Context, id string) (*ent.ServiceAccount, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.ServiceAccount.Query().Where(serviceaccount.ProjectID(p.ProjectID), serviceaccount.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.ServiceAccount, id)
	}
	return row, nil
}

// Accounts returns a page of the service accounts of the caller's project, newest
// first, and whether more follow.
func (s *Service) Accounts(ctx context.Context, projectID string, page store.Page) ([]*ent.ServiceAccount, bool, error) {
	if err := requireIn(ctx, projectID, auth.Admin); err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.ServiceAccount.Query().Where(serviceaccount.ProjectID(projectID)).
		Order(serviceaccount.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(serviceaccount.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the service accounts: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountAccounts returns how many accounts Accounts would go through.
func (s *Service) CountAccounts(ctx context.Context, projectID string) (int, error) {
	if err := requireIn(ctx, projectID, auth.Admin); err != nil {
		return 0, err
	}
	return s.store.Ent.ServiceAccount.Query().Where(serviceaccount.ProjectID(projectID)).Count(ctx)
}

// account returns a service account and holds it.
func account(ctx context.Context, tx *store.Tx, projectID, id string) (*ent.ServiceAccount, error) {
	row, err := tx.ServiceAccount.Query().
		Where(serviceaccount.ProjectID(projectID), serviceaccount.ID(id)).ForUpdate(store.NoKey).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.ServiceAccount, id)
	}
	return row, nil
}

func stored(err error, name string) error {
	if ent.IsConstraintError(err) {
		return apperr.New(apperr.Conflict, "the project has a service account with this name; choose another name than %q", name)
	}
	return fmt.Errorf("store the service account: %w", err)
}

func recordAccount(ctx context.Context, tx *store.Tx, action string, row *ent.ServiceAccount) error {
	detail := map[string]string{"role": string(row.Role)}
	if row.DisabledAt != nil {
		detail["disabled"] = "true"
	}
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name, Detail: detail,
	})
}
