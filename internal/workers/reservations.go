package workers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/project"
	"github.com/semantest/semantest/ent/reservation"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// NewReservation says what to keep for a project.
type NewReservation struct {
	ProjectID string // the caller's when empty
	Kind      spec.Kind
	Slots     int
	StartsAt  time.Time // zero is now
	EndsAt    time.Time
	Note      string
}

// longestReservation keeps a forgotten one from holding slots for ever.
const longestReservation = 31 * 24 * time.Hour

// Reserve keeps slots for a project during a window. Cases that are under way
// when it begins are not disturbed; what other projects begin from then on
// leaves the slots free. What one project gets all others lose, so it takes the
// permission instance.
func (s *Service) Reserve(ctx context.Context, in NewReservation) (*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Instance)
	if err != nil {
		return nil, err
	}
	in.ProjectID = cmp.Or(in.ProjectID, p.ProjectID)
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
	ctx = store.AllProjects(ctx)
	var out *ent.Reservation
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := there(ctx, tx, in.ProjectID); err != nil {
			return err
		}
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
		out, err = tx.Reservation.Create().SetProjectID(in.ProjectID).SetKind(in.Kind).SetSlots(in.Slots).
			SetStartsAt(in.StartsAt).SetEndsAt(in.EndsAt).SetNote(in.Note).Save(ctx)
		if err != nil {
			return fmt.Errorf("store the reservation: %w", err)
		}
		return record(ctx, tx, "slots.allocated", out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func there(ctx context.Context, tx *store.Tx, projectID string) error {
	found, err := tx.Project.Query().Where(project.ID(projectID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for the project: %w", err)
	}
	if !found {
		if err := ident.Validate(ident.Project, projectID); err != nil {
			return err
		}
		return apperr.New(apperr.NotFound, "there is no project %s", projectID)
	}
	return nil
}

func record(ctx context.Context, tx *store.Tx, action string, row *ent.Reservation) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Note,
		Detail: map[string]string{
			"kind": string(row.Kind), "slots": strconv.Itoa(row.Slots),
			"startsAt": row.StartsAt.UTC().Format(time.RFC3339), "endsAt": row.EndsAt.UTC().Format(time.RFC3339),
		},
	})
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

// Release ends a reservation now, whichever project it is for. It takes the
// permission instance.
func (s *Service) Release(ctx context.Context, id string) (out *ent.Reservation, err error) {
	if _, err := auth.Require(ctx, auth.Instance); err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx)
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Reservation.Query().Where(reservation.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Reservation, id)
		}
		if !row.EndsAt.After(time.Now()) {
			out = row
			return nil
		}
		if out, err = tx.Reservation.UpdateOne(row).SetEndsAt(time.Now()).Save(ctx); err != nil {
			return fmt.Errorf("end the reservation: %w", err)
		}
		return record(ctx, tx, "slots.released", out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Reservation returns a reservation of the caller's project.
func (s *Service) Reservation(ctx context.Context, id string) (*ent.Reservation, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Reservation.Query().Where(reservation.ID(id), reservation.ProjectID(p.ProjectID)).Only(ctx)
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
