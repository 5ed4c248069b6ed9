package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// loadGrant reads what an administrator of the instance has granted.
func (s *Service) loadGrant(ctx context.Context, projectID string) (*spec.LoadGrant, error) {
	p, err := s.store.Ent.Project.Get(store.InProject(ctx, projectID), projectID)
	if err != nil {
		return nil, fmt.Errorf("find what load the project is granted: %w", err)
	}
	return &spec.LoadGrant{
		MaxUsers:    p.LoadMaxUsers,
		MaxDuration: time.Duration(p.LoadMaxDurationMs) * time.Millisecond,
		MaxRamp:     time.Duration(p.LoadMaxRampMs) * time.Millisecond,
		Hosts:       p.LoadHosts,
	}, nil
}
