package plans

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/plan"
	"github.com/semantest/semantest/ent/planversion"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// parsedVersions bounds how many parsed versions a process remembers.
const parsedVersions = 64

// Follower keeps what hangs on plans in step with them.
type Follower interface {
	// PlanSaved is told of a plan that a person has created or updated, equal
	// content or not, in the transaction that stores it. A run from a source alone
	// is not told: whoever may only start runs changes nothing else.
	PlanSaved(ctx context.Context, tx *store.Tx, row *ent.Plan, parsed *spec.Plan) error
	// PlanDeleted is told of a plan in the transaction that hides it.
	PlanDeleted(ctx context.Context, tx *store.Tx, planID string) error
}

// Service keeps plans.
type Service struct {
	store     *store.Store
	parsed    *lru.Cache[string, *Version]
	followers []Follower
	files     int // bytes that may come with a plan
	exports   chan struct{}
}

// New returns the service.
func New(s *store.Store, followers ...Follower) *Service {
	parsed, err := lru.New[string, *Version](parsedVersions)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &Service{store: s, parsed: parsed, followers: followers, files: DefaultFilesBytes, exports: make(chan struct{}, exportsAtOnce)}
}

// LimitFiles sets how many bytes may come with a plan; 0 leaves the default. It
// is called before the service is used.
func (s *Service) LimitFiles(bytes int) {
	if bytes > 0 {
		s.files = bytes
	}
}

// Create stores a new plan with its first version.
func (s *Service) Create(ctx context.Context, src Source) (*ent.Plan, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	parsed, err := s.parse(src)
	if err != nil {
		return nil, err
	}
	var out *ent.Plan
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if out, _, err = create(ctx, tx, p.ProjectID, parsed, src); err != nil {
			return err
		}
		return s.saved(ctx, tx, out, parsed)
	})
	return out, err
}

// Update gives a plan a new version, and nothing when its content is the same.
func (s *Service) Update(ctx context.Context, id string, src Source) (*ent.Plan, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	parsed, err := s.parse(src)
	if err != nil {
		return nil, err
	}
	var out *ent.Plan
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Plan.Query().Where(visible(p.ProjectID), plan.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Plan, id)
		}
		if out, _, err = update(ctx, tx, row, parsed, src); err != nil {
			return err
		}
		return s.saved(ctx, tx, out, parsed)
	})
	return out, err
}

// SaveTx stores a source as a new plan, or as the newest version of one that is
// there, for services whose own change belongs to it. They have asked for the
// permission.
func (s *Service) SaveTx(ctx context.Context, tx *store.Tx, projectID, planID string, src Source) (*ent.Plan, *ent.PlanVersion, error) {
	parsed, err := s.parse(src)
	if err != nil {
		return nil, nil, err
	}
	var out *ent.Plan
	var version *ent.PlanVersion
	if planID == "" {
		out, version, err = create(ctx, tx, projectID, parsed, src)
	} else {
		var row *ent.Plan
		if row, err = tx.Plan.Query().Where(visible(projectID), plan.ID(planID)).ForUpdate(store.NoKey).Only(ctx); err != nil {
			return nil, nil, store.Missing(err, ident.Plan, planID)
		}
		out, version, err = update(ctx, tx, row, parsed, src)
	}
	if err != nil {
		return nil, nil, err
	}
	return out, version, s.saved(ctx, tx, out, parsed)
}

// note records what became of a plan.
func note(ctx context.Context, tx *store.Tx, row *ent.Plan, action string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: row.Name,
		Detail: map[string]string{"version": strconv.Itoa(row.LatestVersion)},
	})
}

// Delete hides a plan. Its runs stay.
func (s *Service) Delete(ctx context.Context, id string) error {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Plan.Query().Where(visible(p.ProjectID), plan.ID(id)).ForUpdate(store.NoKey).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Plan, id)
		}
		if err := tx.Plan.UpdateOne(row).SetDeletedAt(time.Now()).Exec(ctx); err != nil {
			return fmt.Errorf("delete the plan: %w", err)
		}
		if err := note(ctx, tx, row, "plan.deleted"); err != nil {
			return err
		}
		for _, f := range s.followers {
			if err := f.PlanDeleted(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Get returns a plan of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*ent.Plan, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Plan.Query().Where(visible(p.ProjectID), plan.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Plan, id)
	}
	return row, nil
}

// List returns a page of the project's plans, newest first, and whether more
// follow. A non-empty search keeps those whose name contains it, ignoring case.
func (s *Service) List(ctx context.Context, page store.Page, search string) ([]*ent.Plan, bool, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.store.Ent.Plan.Query().Where(visible(p.ProjectID)).Order(plan.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(plan.IDLT(page.After))
	}
	if search != "" {
		q.Where(plan.NameContainsFold(search))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the plans: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// Count returns how many plans List would go through.
func (s *Service) Count(ctx context.Context, search string) (int, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return 0, err
	}
	q := s.store.Ent.Plan.Query().Where(visible(p.ProjectID))
	if search != "" {
		q.Where(plan.NameContainsFold(search))
	}
	return q.Count(ctx)
}

// Versions returns a page of a plan's versions, newest first, and whether more
// follow.
func (s *Service) Versions(ctx context.Context, planID string, page store.Page) ([]*ent.PlanVersion, bool, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	q := s.versions(p.ProjectID, planID).Order(planversion.ByID(sql.OrderDesc())).Limit(limit)
	if page.After != "" {
		q.Where(planversion.IDLT(page.After))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the versions of plan %s: %w", planID, err)
	}
	rows, more := store.Cut(rows, limit)
	return rows, more, nil
}

// CountVersions returns how many versions a plan has.
func (s *Service) CountVersions(ctx context.Context, planID string) (int, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return 0, err
	}
	return s.versions(p.ProjectID, planID).Count(ctx)
}

func (s *Service) versions(projectID, planID string) *ent.PlanVersionQuery {
	return s.store.Ent.PlanVersion.Query().Where(planversion.ProjectID(projectID), planversion.PlanID(planID))
}

// Ensure returns the version that holds this source, for a run that was started
// from a source alone: of the plan with the same name, or of a new one.
func (s *Service) Ensure(ctx context.Context, tx *store.Tx, projectID string, src Source) (*ent.PlanVersion, error) {
	parsed, err := s.parse(src)
	if err != nil {
		return nil, err
	}
	// Two runs of a new plan that start at once must not make two plans.
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", projectID+"/"+parsed.Name); err != nil {
		return nil, fmt.Errorf("lock the plan's name: %w", err)
	}
	row, err := tx.Plan.Query().Where(visible(projectID), plan.Name(parsed.Name)).
		Order(plan.ByID(sql.OrderDesc())).ForUpdate(store.NoKey).First(ctx)
	if ent.IsNotFound(err) {
		_, version, err := create(ctx, tx, projectID, parsed, src)
		return version, err
	}
	if err != nil {
		return nil, fmt.Errorf("look the plan up: %w", err)
	}
	_, version, err := update(ctx, tx, row, parsed, src)
	return version, err
}

// LatestTx returns the newest version of a plan.
func (s *Service) LatestTx(ctx context.Context, tx *store.Tx, projectID, planID string) (*ent.PlanVersion, error) {
	row, err := tx.Plan.Query().Where(visible(projectID), plan.ID(planID)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Plan, planID)
	}
	return versionOf(ctx, tx, row)
}

func (s *Service) saved(ctx context.Context, tx *store.Tx, row *ent.Plan, parsed *spec.Plan) error {
	for _, f := range s.followers {
		if err := f.PlanSaved(ctx, tx, row, parsed); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, tx *store.Tx, projectID string, parsed *spec.Plan, src Source) (*ent.Plan, *ent.PlanVersion, error) {
	row, err := tx.Plan.Create().SetProjectID(projectID).
		SetName(parsed.Name).SetDescription(parsed.Description).SetTags(orEmpty(parsed.Tags)).Save(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("store the plan: %w", err)
	}
	version, err := addVersion(ctx, tx, row, src)
	if err != nil {
		return nil, nil, err
	}
	return row, version, note(ctx, tx, row, "plan.created")
}

func update(ctx context.Context, tx *store.Tx, row *ent.Plan, parsed *spec.Plan, src Source) (*ent.Plan, *ent.PlanVersion, error) {
	latest, err := versionOf(ctx, tx, row)
	if err != nil {
		return nil, nil, err
	}
	if latest.Digest == src.digest() {
		return row, latest, nil
	}
	row, err = tx.Plan.UpdateOne(row).SetLatestVersion(row.LatestVersion + 1).
		SetName(parsed.Name).SetDescription(parsed.Description).SetTags(orEmpty(parsed.Tags)).Save(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("update the plan: %w", err)
	}
	version, err := addVersion(ctx, tx, row, src)
	if err != nil {
		return nil, nil, err
	}
	return row, version, note(ctx, tx, row, "plan.updated")
}

func addVersion(ctx context.Context, tx *store.Tx, row *ent.Plan, src Source) (*ent.PlanVersion, error) {
	v, err := tx.PlanVersion.Create().SetProjectID(row.ProjectID).SetPlanID(row.ID).
		SetNumber(row.LatestVersion).SetSource(src.Text).SetFiles(src.Files).SetDigest(src.digest()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the plan's version: %w", err)
	}
	return v, nil
}

func versionOf(ctx context.Context, tx *store.Tx, row *ent.Plan) (*ent.PlanVersion, error) {
	v, err := tx.PlanVersion.Query().
		Where(planversion.PlanID(row.ID), planversion.Number(row.LatestVersion)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the plan's version: %w", err)
	}
	return v, nil
}

// visible is what a project can see: its own plans that are not deleted.
func visible(projectID string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		plan.ProjectID(projectID)(s)
		plan.DeletedAtIsNil()(s)
	}
}

func orEmpty(tags []string) []string {
	if tags == nil {
		return []string{}
	}
	return tags
}

// Validate judges a source without storing it: its cases, or its mistakes.
func (s *Service) Validate(ctx context.Context, source string) ([]spec.ExpandedCase, []spec.Mistake, error) {
	if _, err := auth.Require(ctx, auth.Read); err != nil {
		return nil, nil, err
	}
	parsed, err := spec.Parse([]byte(source))
	if mistakes := spec.MistakesOf(err); len(mistakes) > 0 {
		return nil, mistakes, nil
	}
	if err != nil {
		return nil, nil, apperr.Wrap(err, apperr.InvalidInput, "the plan cannot be read")
	}
	return parsed.Expand(), nil, nil
}

// GetVersion returns a version of a plan of the caller's project.
func (s *Service) GetVersion(ctx context.Context, id string) (*ent.PlanVersion, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.PlanVersion.Query().
		Where(planversion.ID(id), planversion.ProjectID(p.ProjectID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, apperr.New(apperr.NotFound, "there is no plan version %s in this project", id)
	}
	return row, err
}
