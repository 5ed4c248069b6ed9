package triggers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"golang.org/x/time/rate"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/trigger"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// MaxBody bounds the body of a request, in bytes.
const MaxBody = 64 << 10

// How often one trigger may start a run, for each process.
const (
	ratePerMinute = 60
	rateBurst     = 20
	ratesKept     = 10_000
)

// request is the body that a trigger reads. The three last keys are those of
// the scheme's own events, which are not looked into.
type request struct {
	Variables   map[string]string `json:"variables"`
	Environment string            `json:"environment"`
	Type        json.RawMessage   `json:"type"`
	Timestamp   json.RawMessage   `json:"timestamp"`
	Data        json.RawMessage   `json:"data"`
}

// Fire starts the run that a signed request asks for. A request whose
// webhook-id has come before gets the run that it started then; again is true.
// A trigger that does not exist answers like one whose signature is wrong.
func (s *Service) Fire(ctx context.Context, id string, header http.Header, body []byte) (out *ent.Run, again bool, err error) {
	ctx = store.AllProjects(ctx) // which project is meant, only the trigger tells
	row, err := s.genuine(ctx, id, header, body)
	if err != nil {
		return nil, false, err
	}
	if !row.Enabled {
		return nil, false, apperr.New(apperr.Forbidden, "this trigger is disabled; updateTrigger enables it")
	}
	digest := sha256.Sum256([]byte(header.Get(standardwebhooks.HeaderWebhookID)))
	key := row.ID + "/" + hex.EncodeToString(digest[:])
	if before, err := s.startedBefore(ctx, row.ProjectID, key); before != nil || err != nil {
		return before, true, err
	}
	if !s.limiter(row.ID).Allow() {
		return nil, false, apperr.New(apperr.RateLimited, "this trigger starts at most %d runs a minute; send the request again later", ratePerMinute)
	}
	in, err := startInput(row, body)
	if err != nil {
		return nil, false, err
	}
	in.ClientMutationID = key
	ctx = audit.As(ctx, audit.Actor{Kind: audit.Trigger, ID: row.ID, Name: row.Name})
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if out, err = s.runs.StartTx(ctx, tx, row.ProjectID, in); err != nil {
			return err
		}
		return tx.Trigger.Update().Where(trigger.ID(row.ID)).SetLastUsedAt(time.Now()).Exec(ctx)
	})
	if ent.IsConstraintError(err) { // the same request came twice at once
		if before, lookupErr := s.startedBefore(ctx, row.ProjectID, key); before != nil {
			return before, true, lookupErr
		}
	}
	return out, false, err
}

var errNotGenuine = apperr.New(apperr.Unauthenticated,
	"no trigger with this address knows the signature; sign the body with the trigger's secret as standardwebhooks.com describes, with a time not more than 5 minutes off")

// genuine returns the trigger whose secret has signed the request.
func (s *Service) genuine(ctx context.Context, id string, header http.Header, body []byte) (*ent.Trigger, error) {
	if ident.Validate(ident.Trigger, id) != nil {
		return nil, errNotGenuine
	}
	row, err := s.store.Ent.Trigger.Query().Where(trigger.ID(id)).Only(ctx)
	secret := make([]byte, secretBytes)
	switch {
	case ent.IsNotFound(err): // the signature is looked at all the same, so both take the same time
	case err != nil:
		return nil, fmt.Errorf("read the trigger: %w", err)
	default:
		if secret, err = s.sealer.Open(row.SealedSecret, row.ID); err != nil {
			return nil, err
		}
	}
	signer, err := standardwebhooks.NewWebhookRaw(secret)
	if err != nil {
		return nil, fmt.Errorf("prepare the signature: %w", err)
	}
	if err := signer.Verify(body, header); err != nil || row == nil {
		return nil, errNotGenuine
	}
	return row, nil
}

func (s *Service) startedBefore(ctx context.Context, projectID, key string) (*ent.Run, error) {
	r, err := s.store.Ent.Run.Query().Where(run.ProjectID(projectID), run.ClientMutationID(key)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the run of this request: %w", err)
	}
	return r, nil
}

func (s *Service) limiter(id string) *rate.Limiter {
	fresh := rate.NewLimiter(rate.Every(time.Minute/ratePerMinute), rateBurst)
	if known, ok, _ := s.rates.PeekOrAdd(id, fresh); ok {
		s.rates.Get(id) // keep it
		return known
	}
	return fresh
}

// startInput joins what the trigger says with what the request may say.
func startInput(row *ent.Trigger, body []byte) (runs.StartInput, error) {
	in := runs.StartInput{
		PlanID: row.PlanID, Environment: row.Environment, Variables: maps.Clone(row.Variables), Priority: row.Priority,
		Origin: run.OriginTrigger, OriginID: row.ID,
	}
	asked, err := readRequest(body)
	if err != nil {
		return in, err
	}
	if asked.Environment != "" && row.Environment != "" && asked.Environment != row.Environment {
		return in, apperr.Invalid("environment", "this trigger starts runs in the environment %s only", row.Environment)
	}
	in.Environment = cmp.Or(row.Environment, asked.Environment)
	for _, name := range slices.Sorted(maps.Keys(asked.Variables)) {
		if !slices.Contains(row.OpenVariables, name) {
			return in, apperr.Invalid("variables", "a request may not set the variable %.100q; openVariables of the trigger names those that it may", name)
		}
		if in.Variables == nil {
			in.Variables = map[string]string{}
		}
		in.Variables[name] = asked.Variables[name]
	}
	return in, nil
}

func readRequest(body []byte) (out request, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return out, apperr.Invalid("body", "the body is not a JSON object with variables (texts by name) and environment: %s", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return out, apperr.Invalid("body", "the body holds more than one JSON value")
	}
	return out, nil
}
