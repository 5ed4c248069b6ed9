package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/semantest/semantest/internal/store"
)

// LoadGrant is what an administrator of the instance grants a project beyond the
// limits of load that its workers have. What is zero or empty raises nothing.
type LoadGrant struct {
	MaxUsers    int
	MaxDuration time.Duration
	MaxRamp     time.Duration
	Hosts       []string
}

func (s *Service) loadGrant(ctx context.Context, projectID string) (*LoadGrant, error) {
	p, err := s.store.Ent.Project.Get(store.InProject(ctx, projectID), projectID)
	if err != nil {
		return nil, fmt.Errorf("find what load the project is granted: %w", err)
	}
	return &LoadGrant{
		MaxUsers:    p.LoadMaxUsers,
		MaxDuration: time.Duration(p.LoadMaxDurationMs) * time.Millisecond,
		MaxRamp:     time.Duration(p.LoadMaxRampMs) * time.Millisecond,
		Hosts:       p.LoadHosts,
	}, nil
}
