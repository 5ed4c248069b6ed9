//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// queueTable holds jobs, which go away ten minutes after their end.
const queueTable = "river_job"

// holdings are what Postgres has: the cases, and the bytes of each table with its
// indexes and dead rows.
type holdings struct {
	cases  int
	tables map[string]int64
}

func (f *fleet) sizes(ctx context.Context) (s holdings, err error) {
	s.tables = map[string]int64{}
	if s.cases, err = f.count(ctx, `SELECT count(*) FROM results WHERE status = 'finished'`); err != nil {
		return s, err
	}
	rows, err := f.db.QueryContext(ctx, `SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables`)
	if err != nil {
		return s, fmt.Errorf("ask Postgres for the sizes of tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var size int64
		if err := rows.Scan(&name, &size); err != nil {
			return s, fmt.Errorf("ask Postgres for the sizes of tables: %w", err)
		}
		s.tables[name] = size
	}
	return s, rows.Err()
}

func (f *fleet) reportSizes(ctx context.Context, s *section, before holdings) error {
	after, err := f.sizes(ctx)
	if err != nil {
		return err
	}
	cases := after.cases - before.cases
	grown, kept := map[string]float64{}, 0.0
	for name, size := range after.tables {
		each := float64(size-before.tables[name]) / float64(max(cases, 1))
		if each < 0.5 {
			continue
		}
		grown[name] = each
		if name != queueTable {
			kept += each
		}
	}
	t := table{
		title:  fmt.Sprintf("What %d cases left in Postgres, in bytes a case, with indexes and dead rows:", cases),
		header: []string{"Table", "bytes a case"},
	}
	for _, name := range slices.SortedFunc(maps.Keys(grown), func(a, b string) int { return cmp.Compare(grown[b], grown[a]) }) {
		t.rows = append(t.rows, []string{"`" + name + "`", fmt.Sprintf("%.0f", grown[name])})
	}
	t.rows = append(t.rows, []string{"**all but the queue's `" + queueTable + "`**", fmt.Sprintf("%.0f", kept)})
	s.tables = append(s.tables, t)
	return nil
}
