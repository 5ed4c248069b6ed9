package baselines

import (
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Service keeps baselines and comparisons.
type Service struct {
	store     *store.Store
	artifacts *artifacts.Service
	runs      *runs.Service
	places    *lru.Cache[string, place] // by run
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store     *store.Store
	Artifacts *artifacts.Service
	Runs      *runs.Service
}

// placesKept bounds how many runs a worker remembers.
const placesKept = 256

// New returns the service.
func New(d Deps) *Service {
	places, err := lru.New[string, place](placesKept)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	return &Service{store: d.Store, artifacts: d.Artifacts, runs: d.Runs, places: places}
}
