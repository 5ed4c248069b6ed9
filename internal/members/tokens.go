package members

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/ent/token"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// maxTokens bounds how many tokens of a service account are not revoked.
const maxTokens = 100

// NewToken is what CreateToken needs.
type NewToken struct {
	AccountID   string
	Name        string
	Permissions []auth.Permission // all that the account's role allows when empty
	ExpiresAt   time.Time         // zero for never
}

// CreateToken makes a token of a service account of the caller's project and
// returns its secret, which is shown this once.
func (s *Service) CreateToken(ctx context.Context, in NewToken) (out *ent.Token, secret string, err error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, "", err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := account(ctx, tx, p.ProjectID, in.AccountID)
		if err != nil {
			return err
		}
		n, err := tx.Token.Query().Where(token.ServiceAccountID(row.ID), token.RevokedAtIsNil()).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the account's tokens: %w", err)
		}
		if n >= maxTokens {
			return apperr.New(apperr.Conflict, "a service account has at most %d tokens that are not revoked; revoke one first", maxTokens)
		}
		out, secret, err = s.auth.CreateTokenTx(ctx, tx, auth.NewToken{
			ProjectID: p.ProjectID, Account: row, Name: in.Name, Permissions: in.Permissions, ExpiresAt: in.ExpiresAt,
		})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return out, secret, nil
}

// RevokeToken has a token of the caller's project refused for good. Nobody ends
// what he could not have: one that may do something beyond the project takes the
// permission instance.
func (s *Service) RevokeToken(ctx context.Context, id string) (out *ent.Token, err error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Token.Query().Where(token.ProjectID(p.ProjectID), token.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Token, id)
		}
		if slices.Contains(row.Permissions, string(auth.Instance)) {
			if _, err := auth.Require(ctx, auth.Instance); err != nil {
				return err
			}
		}
		if row.RevokedAt != nil {
			out = row
			return nil
		}
		if out, err = tx.Token.UpdateOne(row).SetRevokedAt(time.Now()).Save(ctx); err != nil {
			return fmt.Errorf("revoke the token: %w", err)
		}
		tx.AfterCommit(s.auth.Forget)
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: row.ProjectID, Action: "token.revoked", ObjectID: row.ID, ObjectName: row.Name,
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Token returns a token of the caller's project, without its secret.
func (s *Service) Token(ctx context.Context, id string) (*ent.Token, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Token.Query().Where(token.ProjectID(p.ProjectID), token.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Token, id)
	}
	return row, nil
}

// Tokens returns a page of the tokens of the caller's project, newest first, and
// whether more follow. A non-empty account keeps those that it holds.
func (s *Service) Tokens(ctx context.Context, projectID, accountID string, page store.Page) ([]*ent.Token, bool, error) {
	if err := requireIn(ctx, projectID, auth.Admin); err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Token.Query().Where(tokensOf(projectID, accountID)...).Order(token.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(token.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the tokens: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountTokens returns how many tokens Tokens would go through.
func (s *Service) CountTokens(ctx context.Context, projectID, accountID string) (int, error) {
	if err := requireIn(ctx, projectID, auth.Admin); err != nil {
		return 0, err
	}
	return s.store.Ent.Token.Query().Where(tokensOf(projectID, accountID)...).Count(ctx)
}

func tokensOf(projectID, accountID string) []predicate.Token {
	out := []predicate.Token{token.ProjectID(projectID)}
	if accountID != "" {
		out = append(out, token.ServiceAccountID(accountID))
	}
	return out
}
