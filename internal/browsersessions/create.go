package browsersessions

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// NewSession says what is opened.
type NewSession struct {
	URL         string
	Browser     string         // the plan's word; empty is the default one
	Device      string         // or else the viewport
	Viewport    *spec.Viewport // nil: the device's, or 1280x720
	ExpiresIn   time.Duration
	Idle        time.Duration
	Record      bool
	Environment string
	Secrets     []string // names of the project's
	Variables   map[string]string
}

var (
	browsers  = []string{"", "chromium", "chrome", "edge", "firefox", "webkit"}
	recording = []string{"", "chromium", "chrome", "edge"}
)

func (in NewSession) check() error {
	u, err := url.Parse(in.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(in.URL) > 7000 || strings.Contains(in.URL, "${{"):
		return apperr.Invalid("url", "the url must be an address such as https://shop.test, with at most 7000 characters")
	case u.User != nil:
		return apperr.Invalid("url", "the url may not hold a name or a password; use a secret in a step")
	case !slices.Contains(browsers, in.Browser):
		return apperr.Invalid("browser", "there is no such browser: use chromium, chrome, edge, firefox or webkit")
	case in.Record && !slices.Contains(recording, in.Browser):
		return apperr.Invalid("record", "%s cannot record: use chromium, chrome or edge, or set record to false", in.Browser)
	case in.Device != "" && in.Viewport != nil:
		return apperr.Invalid("viewport", "give a device or a viewport, not both")
	case in.ExpiresIn < MinTime || in.ExpiresIn > MaxTime:
		return apperr.Invalid("expiresIn", "expiresIn must be from %d to %d seconds", int(MinTime.Seconds()), int(MaxTime.Seconds()))
	case in.Idle < MinTime || in.Idle > MaxTime:
		return apperr.Invalid("idleSeconds", "idleSeconds must be from %d to %d", int(MinTime.Seconds()), int(MaxTime.Seconds()))
	case len(in.Environment) > 100:
		return apperr.Invalid("environment", "the name of an environment has at most 100 characters")
	}
	if _, ok := spec.DeviceByName(in.Device); in.Device != "" && !ok {
		return apperr.Invalid("device", "there is no such device: it is one of %s", strings.Join(spec.Devices(), ", "))
	}
	if v := in.Viewport; v != nil && (v.Width < 1 || v.Height < 1 || v.Width > 10_000 || v.Height > 10_000) {
		return apperr.Invalid("viewport", "width and height must be from 1 to 10000")
	}
	return in.checkVariables()
}

func (in NewSession) checkVariables() error {
	if _, given := in.Variables[spec.VarBaseURL]; given {
		return apperr.Invalid("variables", "%s is the origin of the url", spec.VarBaseURL)
	}
	size := 0
	for name, value := range in.Variables {
		if err := spec.CheckSecretName(name); err != nil {
			return apperr.Invalid("variables", "%s", strings.Replace(err.Error(), "the name of a secret", "the name of a variable", 1))
		}
		if slices.Contains(in.Secrets, name) {
			return apperr.Invalid("variables", "%s is a secret, too", name)
		}
		size += len(value)
	}
	for i, name := range in.Secrets {
		if err := spec.CheckSecretName(name); err != nil {
			return apperr.Invalid("secrets", "%s", err)
		}
		if slices.Contains(in.Secrets[:i], name) || name == spec.VarBaseURL {
			return apperr.Invalid("secrets", "%s is named twice, or taken", name)
		}
	}
	if len(in.Variables) > 50 || len(in.Secrets) > 50 || size > 100_000 {
		return apperr.Invalid("variables", "a session has at most 50 variables with 100000 characters, and 50 secrets")
	}
	return nil
}

// Create asks for a session. A worker takes it as soon as one has a free slot.
func (s *Service) Create(ctx context.Context, in NewSession) (*ent.BrowserSession, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if in.Viewport == nil && in.Device == "" {
		in.Viewport = &spec.Viewport{Width: 1280, Height: 720}
	}
	var out *ent.BrowserSession
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Callers at the same time must not go over the limit together.
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('browser sessions of ' || $1, 0))", p.ProjectID); err != nil {
			return fmt.Errorf("lock the project's sessions: %w", err)
		}
		n, err := tx.BrowserSession.Query().Where(browsersession.ProjectID(p.ProjectID), browsersession.EndedAtIsNil()).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the sessions: %w", err)
		}
		if n >= MaxLive {
			return apperr.New(apperr.Conflict, "the project has %d browser sessions that have not ended, which is the most; close one of them first", MaxLive)
		}
		if err := s.known(ctx, tx, p.ProjectID, in); err != nil {
			return err
		}
		if out, err = add(ctx, tx, p, in); err != nil {
			return err
		}
		if err := s.enqueuer.EnqueueSession(ctx, tx, Job{SessionID: out.ID, Timeout: in.ExpiresIn}); err != nil {
			return err
		}
		return note(ctx, tx, out, "browser_session.created", map[string]string{"url": withoutQuery(in.URL)})
	})
	return out, err
}

// known checks that every secret has a value.
func (s *Service) known(ctx context.Context, tx *store.Tx, projectID string, in NewSession) error {
	values, err := s.vault.Values(ctx, tx, projectID, in.Environment, in.Secrets)
	if err != nil {
		return err
	}
	for _, name := range in.Secrets {
		if values[name] == "" {
			return apperr.Invalid("secrets", "the project keeps no secret %s for this environment", name)
		}
	}
	return nil
}

func add(ctx context.Context, tx *store.Tx, p *auth.Principal, in NewSession) (*ent.BrowserSession, error) {
	var now time.Time
	if err := one(ctx, tx, "SELECT now()", nil, &now); err != nil {
		return nil, fmt.Errorf("ask the database for the time: %w", err)
	}
	actor := p.Actor()
	create := tx.BrowserSession.Create().SetID(ident.New(ident.BrowserSession)).SetProjectID(p.ProjectID).
		SetCreatedBy(actor.ID).SetCreatedByName(actor.Name).SetURL(in.URL).SetBrowser(in.Browser).SetDevice(in.Device).
		SetRecord(in.Record).SetEnvironment(in.Environment).SetSecrets(in.Secrets).SetVariables(in.Variables).
		SetIdleMs(int(in.Idle.Milliseconds())).SetExpiresAt(now.Add(in.ExpiresIn)).SetUsedAt(now).SetCreatedAt(now)
	if in.Viewport != nil {
		create.SetWidth(in.Viewport.Width).SetHeight(in.Viewport.Height)
	}
	row, err := create.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store the session: %w", err)
	}
	return row, nil
}

// note records what became of a session.
func note(ctx context.Context, tx *store.Tx, row *ent.BrowserSession, action string, detail map[string]string) error {
	return audit.Record(ctx, tx.AuditEntry, audit.Entry{
		ProjectID: row.ProjectID, Action: action, ObjectID: row.ID, ObjectName: withoutQuery(row.URL), Detail: detail,
	})
}

// withoutQuery is an address without what may be a secret in it.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// names are the variables that steps may refer to, beside captures.
func names(row *ent.BrowserSession) []string {
	return append(slices.Sorted(maps.Keys(row.Variables)), row.Secrets...)
}
