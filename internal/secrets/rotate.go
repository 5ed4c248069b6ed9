package secrets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
)

// KeyStore is where the keys of all servers are kept.
type KeyStore interface {
	Load() (*seal.Keys, error)
	// Save makes every server take the keys: at once, as with a file that they
	// read again, or when people have given them to each of them.
	Save(ctx context.Context, keys *seal.Keys) (Saved, error)
}

// Saved says what came of saving keys.
type Saved int

// The outcomes of Save.
const (
	// Everywhere means that every server has the keys now.
	Everywhere Saved = iota
	// Announced means that people must give the keys to the servers, and then
	// rotate on.
	Announced
)

// Progress hears in a sentence what a rotation has done.
type Progress func(format string, args ...any)

// Rotate renews the secret key and everything that is sealed, while servers run:
//
//  1. A new key is added that opens and does not seal yet.
//  2. When every server has it, the new key seals.
//  3. Whatever an older key has sealed is sealed anew, until nothing is left.
//  4. The older keys are dropped.
//
// How far it has come is told by the keys themselves, so a rotation that broke
// off anywhere is ended by another one. Where people must carry the keys to the
// servers, each call takes one step. The context must see all projects.
func Rotate(ctx context.Context, s *store.Store, keys KeyStore, tell Progress) (err error) {
	unlock, err := alone(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	now, err := keys.Load()
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		next, err := advance(ctx, s, now, first, tell)
		if err != nil || next == nil {
			return err
		}
		saved, err := keys.Save(ctx, next)
		if err != nil || saved == Announced {
			return err
		}
		if now = next; now.Stage() == seal.Settled {
			tell("The older keys are gone; %s is the secret key.", now.ID())
			return nil
		}
	}
}

// advance takes the step that is due and returns the keys after it.
func advance(ctx context.Context, s *store.Store, now *seal.Keys, first bool, tell Progress) (*seal.Keys, error) {
	switch now.Stage() {
	case seal.Settled:
		return now.Add()
	case seal.Standby:
		if first {
			tell("A rotation was begun before; it goes on.")
		}
		return now.Promote()
	}
	if first {
		tell("A rotation was begun before; it goes on.")
	}
	if err := renewAll(ctx, s, now, tell); err != nil {
		return nil, err
	}
	return now.Prune()
}

// renewAll seals with the primary key whatever older keys have sealed. It goes
// through everything again once all transactions that were under way are over,
// since they may have sealed with an older key before; that the second round
// opens everything with the primary key alone is what lets the others go.
func renewAll(ctx context.Context, s *store.Store, keys *seal.Keys, tell Progress) error {
	alone, err := keys.Prune()
	if err != nil {
		return err
	}
	total, _, err := renewColumns(ctx, s, keys, alone)
	if err != nil {
		return err
	}
	if err := outlast(ctx, s); err != nil {
		return err
	}
	seen := 0
	for {
		left, all, err := renewColumns(ctx, s, keys, alone)
		if err != nil {
			return err
		}
		total, seen = total+left, all
		if left == 0 {
			break
		}
	}
	tell("All %d values are sealed with the key %s; %d of them were sealed anew.", seen, keys.ID(), total)
	return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			Action: "secret_key.rotated", ObjectName: keys.ID(), Detail: map[string]string{"values": fmt.Sprint(seen), "renewed": fmt.Sprint(total)},
		})
	})
}

func renewColumns(ctx context.Context, s *store.Store, keys, alone *seal.Keys) (renewed, seen int, err error) {
	for _, c := range columns {
		r, n, err := c.renew(ctx, s.DB, keys, alone)
		if err != nil {
			return 0, 0, fmt.Errorf("seal %s.%s anew: %w", c.table, c.column, err)
		}
		renewed, seen = renewed+r, seen+n
	}
	return renewed, seen, nil
}

// alone keeps two rotations of one database apart.
func alone(ctx context.Context, s *store.Store) (unlock func() error, err error) {
	conn, err := s.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock the secret key: %w", err)
	}
	var got bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", rotationLock).Scan(&got); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the secret key: %w", err), conn.Close())
	}
	if !got {
		return nil, errors.Join(apperr.New(apperr.Conflict, "the secret key is being rotated just now; wait for the end of that"), conn.Close())
	}
	return func() error {
		// Also when the caller has given up: the connection goes back among others.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", rotationLock)
		return errors.Join(err, conn.Close())
	}, nil
}

// rotationLock is the advisory lock of rotations: any number that nobody else
// uses.
const rotationLock = 7_365_616_079

// outlastWithin is how long a rotation waits for transactions; none of ours
// takes as long.
const outlastWithin = 2 * time.Minute

// outlast returns when every transaction that writes now is over.
func outlast(ctx context.Context, s *store.Store) error {
	ctx, cancel := context.WithTimeout(ctx, outlastWithin)
	defer cancel()
	var until string
	if err := s.DB.QueryRowContext(ctx, "SELECT pg_current_xact_id()::text").Scan(&until); err != nil {
		return fmt.Errorf("look for transactions: %w", err)
	}
	for {
		var over bool
		err := s.DB.QueryRowContext(ctx, "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8", until).Scan(&over)
		if err == nil && over {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("look for transactions: %w", err)
		}
		select {
		case <-ctx.Done():
			return apperr.New(apperr.Unavailable,
				"a transaction has been open for %s, which may hold values of the older key; end it (pg_stat_activity shows it) and rotate again, which goes on from here", outlastWithin)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
