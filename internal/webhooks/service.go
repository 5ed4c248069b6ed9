package webhooks

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
)

// Job asks for one try of one delivery.
type Job struct {
	DeliveryID string
	Try        int       // from 1 over the delivery's life; the try that it is, or nothing
	Retry      int       // from 0; how many tries went before it since it was last asked for
	At         time.Time // not before; zero is at once
}

// Enqueuer puts jobs into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueDeliveries(ctx context.Context, tx *store.Tx, jobs ...Job) error
}

// Options of the service. Zero values mean the defaults in parentheses.
type Options struct {
	PublicURL    string          // address of this server for people; links are relative without it
	AllowHTTP    bool            // accept receivers without TLS
	Retries      []time.Duration // pauses before the second and each further try (Retries())
	Timeout      time.Duration   // of one try (30 s)
	DisableAfter int             // deliveries given up in a row that switch a webhook off (10)
	Retention    time.Duration   // how long deliveries are kept (30 days)
}

// Retries is the usual schedule: the pauses between the tries of a delivery.
func Retries() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		2 * time.Hour, 6 * time.Hour,
	}
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store    *store.Store
	Enqueuer Enqueuer
	Sealer   *seal.Sealer
	Client   *http.Client // as Client makes it
	Options  Options
}

// Service keeps webhooks and delivers to them.
type Service struct {
	store    *store.Store
	enqueuer Enqueuer
	sealer   *seal.Sealer
	client   *http.Client
	o        Options

	mu    sync.Mutex
	under map[string]int // tries under way in this process, by webhook
}

// New returns the service.
func New(d Deps) *Service {
	o := d.Options
	if o.Retries == nil {
		o.Retries = Retries()
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.DisableAfter == 0 {
		o.DisableAfter = 10
	}
	if o.Retention == 0 {
		o.Retention = 30 * 24 * time.Hour
	}
	return &Service{
		store: d.Store, enqueuer: d.Enqueuer, sealer: d.Sealer, client: d.Client, o: o,
		under: map[string]int{},
	}
}

// Timeout bounds one try.
func (s *Service) Timeout() time.Duration { return s.o.Timeout }
