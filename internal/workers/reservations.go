package workers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/reservation"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// NewReservation says what to keep for the caller's project.
type NewReservation struct {
	Kind     spec.Kind
	Slots    int
	StartsAt time.Time // zero is now
	EndsAt   time.Time
	Note     string
}

// longestReservation keeps a forgotten one from holding slots for ever.
const longestReservation = 31 * 24 * time.Hour

// Reserve keeps slots for the caller's project during a window. Cases that are
// under way when it begins are not disturbed; what other projects begin from
// then on leaves the slots free.
func (s *Service) Reserve(ctx context.Context, in NewReservation) (*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if in.StartsAt.Before(now) {
		in.StartsAt = now
	}
	switch {
	case !slices.Contains(spec.Kinds(), in.Kind):
		return nil, apperr.Invalid("kind", "%q is not a kind of cases", string(in.Kind))
	case in.Slots < 1:
		return nil, apperr.Invalid("slots", "slots must be at least 1")
	case !in.EndsAt.After(in.StartsAt):
		return nil, apperr.Invalid("endsAt", "the window must end after it begins and after now")
	case in.EndsAt.Sub(in.StartsAt) > longestReservation:
		return nil, apperr.Invalid("endsAt", "a window has at most 31 days")
	case len(in.Note) > 200:
		return nil, apperr.Invalid("note", "a note has at most 200 characters")
	}
	var out *ent.Reservation
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Two that ask at the same time must see each other.
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('reservations', 0))"); err != nil {
			return fmt.Errorf("lock the reservations: %w", err)
		}
		free, err := freeSlots(ctx, tx, in)
		if err != nil {
			return err
		}
		if in.Slots > free {
			return apperr.New(apperr.Conflict, "only %d slots for kind %s can be reserved in this window: the live workers have no more that are not reserved", free, in.Kind)
		}
		out, err = tx.Reservation.Create().SetProjectID(p.ProjectID).SetKind(in.Kind).SetSlots(in.Slots).
			SetStartsAt(in.StartsAt).SetEndsAt(in.EndsAt).SetNote(in.Note).Save(ctx)
		return err
	})
	return out, err
}

// freeSlots is how many slots of today's workers nobody has reserved at any
// moment of the window.
func freeSlots(ctx context.Context, tx *store.Tx, in NewReservation) (int, error) {
	// The most is reserved at the window's begin or at the begin of a reservation.
	const query = `
WITH others AS (SELECT * FROM reservations WHERE kind = $1 AND starts_at < $3 AND ends_at > $2),
moments AS (SELECT $2::timestamptz AS at UNION SELECT starts_at FROM others WHERE starts_at > $2)
SELECT COALESCE((SELECT sum((slots->>$1)::int) FROM workers
		WHERE status = 'active' AND heartbeat_at > now() - $4 * interval '1 millisecond'), 0)
	- COALESCE((SELECT max(reserved) FROM (
		SELECT COALESCE(sum(slots), 0) AS reserved FROM moments LEFT JOIN others ON starts_at <= at AND ends_at > at GROUP BY at
	) AS sums), 0)`
	var free int
	rows, err := tx.QueryContext(store.AllProjects(ctx), query, string(in.Kind), in.StartsAt, in.EndsAt, LostAfter.Milliseconds())
	if err != nil {
		return 0, fmt.Errorf("count the slots that can be reserved: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&free); err != nil {
			return 0, fmt.Errorf("count the slots that can be reserved: %w", err)
		}
	}
	return max(0, free), rows.Err()
}

// Release ends a reservation of the caller's project now.
func (s *Service) Release(ctx context.Context, id string) (*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Admin)
	if err != nil {
		return nil, err
	}
	row, err := s.reservation(ctx, p.ProjectID, id)
	if err != nil || !row.EndsAt.After(time.Now()) {
		return row, err
	}
	return row.Update().SetEndsAt(time.Now()).Save(ctx)
}

// Reservation returns a reservation of the caller's project.
func (s *Service) Reservation(ctx context.Context, id string) (*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	return s.reservation(ctx, p.ProjectID, id)
}

func (s *Service) reservation(ctx context.Context, projectID, id string) (*ent.Reservation, error) {
	row, err := s.store.Ent.Reservation.Query().Where(reservation.ID(id), reservation.ProjectID(projectID)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Reservation, id)
	}
	return row, nil
}

// Reservations returns those of the caller's project that are under way or to
// come, the earliest first.
func (s *Service) Reservations(ctx context.Context) ([]*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Ent.Reservation.Query().
		Where(reservation.ProjectID(p.ProjectID), func(s *sql.Selector) {
			s.Where(sql.P(func(b *sql.Builder) { b.Ident(s.C(reservation.FieldEndsAt)).WriteString(" > now()") }))
		}).
		Order(reservation.ByStartsAt()).Limit(1000).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the reservations: %w", err)
	}
	return rows, nil
}
