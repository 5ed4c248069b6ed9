package app

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/store"
)

// KeyRotation says how the secret key is renewed.
type KeyRotation struct {
	// Settle is how long servers may take to notice that the key file changed.
	Settle time.Duration
	// Tell hears in sentences what was done.
	Tell secrets.Progress
	// Announce is told the next value of a key that stands in the environment, and
	// what is to be done with it.
	Announce func(text, instruction string) error
}

// RotateSecretKey renews the key with which secrets are sealed, and all that is
// sealed, while servers of the same database run, also one with an embedded
// Postgres in the same data folder.
func RotateSecretKey(ctx context.Context, cfg Config, r KeyRotation) (err error) {
	if r.Settle <= seal.Reread {
		return apperr.Invalid("settle", "the time to settle must be more than %s, in which servers look at the key file", seal.Reread)
	}
	if cfg.DatabaseURL == "" {
		if running, ok := embedded.Running(cfg.Server.Folder(), database); ok {
			cfg.DatabaseURL = running
		}
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	ctx = store.AllProjects(audit.As(ctx, audit.Actor{Kind: audit.System, Name: "semantest secrets rotate"}))
	a := &App{cfg: cfg, logger: cfg.Logger, failed: make(chan error, 4)}
	defer func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		err = errors.Join(err, a.Close(undo))
	}()
	for _, part := range []func(context.Context) error{a.openFolder, a.startPostgres, a.openStore} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	keys, err := a.keyStore(r)
	if err != nil {
		return err
	}
	return secrets.Rotate(ctx, a.store, keys, r.Tell)
}

func (a *App) keyStore(r KeyRotation) (secrets.KeyStore, error) {
	if a.cfg.SecretKey != "" {
		return secrets.KeyText{Text: a.cfg.SecretKey, Announce: func(text string, stage seal.Stage) error {
			return r.Announce(text, instructions[stage])
		}}, nil
	}
	path := a.folder.join(keyFile)
	if err := seal.Ensure(path); err != nil {
		return nil, err
	}
	return secrets.KeyFile{Path: path, Settle: r.Settle}, nil
}

// keyFile is the name of the key file in the data folder.
const keyFile = "secret.key"

// instructions say what to do with the next value of a key that stands in the
// environment.
var instructions = map[seal.Stage]string{
	seal.Standby: "Step 1 of 3: set SEMANTEST_SECRET_KEY to this value for every process and restart each, one after another. " +
		"Then run this command again with it.",
	seal.Promoted: "Step 2 of 3: set SEMANTEST_SECRET_KEY to this value for every process and restart each, one after another. " +
		"Then run this command again with it.",
	seal.Settled: "Step 3 of 3: everything is sealed with the new key. Set SEMANTEST_SECRET_KEY to this value, which holds the new key alone, " +
		"for every process; the older value is worthless from then on.",
}
