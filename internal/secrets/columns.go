package secrets

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
)

// column holds sealed values, whose context is the id of their row.
type column struct{ table, column string }

// columns are all that hold sealed values. A test compares them with the
// database, so that none can be forgotten.
var columns = []column{
	{"secrets", "sealed_value"},
	{"runs", "sealed_secrets"}, // of runs that are not over
	{"webhooks", "sealed_secret"},
	{"triggers", "sealed_secret"},
	{"signing_keys", "sealed_private"},
}

// batch is how many values are sealed anew at once. A secret has at most 64 KiB
// and a run 50 of them.
const batch = 50

// renew seals anew what the primary key alone does not open, and returns how
// many values that were and how many there are.
func (c column) renew(ctx context.Context, db *sql.DB, keys, alone *seal.Keys) (renewed, seen int, err error) {
	for after := ""; ; {
		ids, values, err := c.read(ctx, db, after)
		if err != nil || len(ids) == 0 {
			return renewed, seen, err
		}
		var stale []string
		var old, fresh [][]byte
		for i, value := range values {
			if _, err := alone.Open(value, ids[i]); err == nil {
				continue
			}
			plain, err := keys.Open(value, ids[i])
			if err != nil {
				return renewed, seen, fmt.Errorf("%s: %w", ids[i], err)
			}
			stale, old, fresh = append(stale, ids[i]), append(old, value), append(fresh, alone.Seal(plain, ids[i]))
		}
		if err := c.replace(ctx, db, stale, old, fresh); err != nil {
			return renewed, seen, err
		}
		renewed, seen, after = renewed+len(stale), seen+len(ids), ids[len(ids)-1]
	}
}

func (c column) read(ctx context.Context, db *sql.DB, after string) (ids []string, values [][]byte, err error) {
	//nolint:gosec // the names are constants of this file
	query := fmt.Sprintf(`SELECT id, %[1]s FROM %[2]s WHERE id > $1 AND %[1]s IS NOT NULL ORDER BY id LIMIT %[3]d`, c.column, c.table, batch)
	rows, err := db.QueryContext(ctx, query, after)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		var value []byte
		if err := rows.Scan(&id, &value); err != nil {
			return nil, nil, err
		}
		ids, values = append(ids, id), append(values, value)
	}
	return ids, values, rows.Err()
}

// replace puts values in the place of others, unless those have changed
// meanwhile: whoever changed them has sealed with the primary key, or the next
// round sees it.
func (c column) replace(ctx context.Context, db *sql.DB, ids []string, old, fresh [][]byte) error {
	if len(ids) == 0 {
		return nil
	}
	//nolint:gosec // the names are constants of this file
	query := fmt.Sprintf(`UPDATE %[2]s SET %[1]s = v.fresh FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS v(id, old, fresh)
WHERE %[2]s.id = v.id AND %[2]s.%[1]s = v.old`, c.column, c.table)
	_, err := db.ExecContext(ctx, query, store.Array(ids), store.Array(old), store.Array(fresh))
	return err
}
