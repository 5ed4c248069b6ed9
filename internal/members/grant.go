package members

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// The most that can be granted.
const (
	maxGrantedUsers = 1_000_000
	maxGrantedTime  = 24 * time.Hour
	maxGrantedHosts = 100
)

// GrantLoad sets what a project may do, in place of what it was granted before.
// It takes the permission instance: a project does not grant itself anything.
func (s *Service) GrantLoad(ctx context.Context, projectID string, g spec.LoadGrant) (*ent.Project, error) {
	if _, err := auth.Require(ctx, auth.Instance); err != nil {
		return nil, err
	}
	if err := checkGrant(g); err != nil {
		return nil, err
	}
	ctx = store.AllProjects(ctx)
	var out *ent.Project
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = tx.Project.UpdateOneID(projectID).SetLoadMaxUsers(g.MaxUsers).SetLoadMaxDurationMs(g.MaxDuration.Milliseconds()).
			SetLoadMaxRampMs(g.MaxRamp.Milliseconds()).SetLoadHosts(g.Hosts).Save(ctx)
		if ent.IsNotFound(err) {
			return store.NotFound(ident.Project, projectID)
		}
		if err != nil {
			return fmt.Errorf("grant load: %w", err)
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{
			ProjectID: out.ID, Action: "project.load_granted", ObjectID: out.ID, ObjectName: out.Slug,
			Detail: map[string]string{
				"maxVirtualUsers": strconv.Itoa(g.MaxUsers), "maxDuration": g.MaxDuration.String(),
				"maxRamp": g.MaxRamp.String(), "hosts": strings.Join(g.Hosts, ", "),
			},
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// checkGrant refuses what makes no sense, and brings the hosts into one form.
func checkGrant(g spec.LoadGrant) error {
	switch {
	case g.MaxUsers < 0 || g.MaxUsers > maxGrantedUsers:
		return apperr.Invalid("maxVirtualUsers", "maxVirtualUsers must be from 0 to %d; 0 raises nothing", maxGrantedUsers)
	case g.MaxDuration < 0 || g.MaxDuration > maxGrantedTime:
		return apperr.Invalid("maxDurationMs", "maxDurationMs must be from 0 to %d; 0 raises nothing", maxGrantedTime.Milliseconds())
	case g.MaxRamp < 0 || g.MaxRamp > maxGrantedTime:
		return apperr.Invalid("maxRampMs", "maxRampMs must be from 0 to %d; 0 raises nothing", maxGrantedTime.Milliseconds())
	case len(g.Hosts) > maxGrantedHosts:
		return apperr.Invalid("hosts", "%d hosts are more than the %d that can be granted; *.shop.example stands for all below a domain", len(g.Hosts), maxGrantedHosts)
	}
	for i, text := range g.Hosts {
		host, err := spec.ParseHost(text)
		if err != nil {
			return apperr.Invalid("hosts", "%s", err)
		}
		g.Hosts[i] = host
	}
	return nil
}
