package keys

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/signingkey"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Sealer encrypts private keys. The context binds what is sealed to its place.
type Sealer interface {
	Seal(plain []byte, context string) []byte
	Open(sealed []byte, context string) ([]byte, error)
}

// Options of New. Zero values stand for the defaults in brackets.
type Options struct {
	TokenLife time.Duration // of what is signed (1 h)
	SignFor   time.Duration // how long a key signs (30 days)
	Ahead     time.Duration // how long it is published before (1 day)
	Every     time.Duration // how often the keys are looked at (1 min)
	Reread    time.Duration // how often at most an unknown key has them read again (1 s)
	Now       func() time.Time
	Logger    *slog.Logger
}

// Ring holds the keys. Its methods may be called from many goroutines.
type Ring struct {
	store  *store.Store
	sealer Sealer
	o      Options

	reading singleflight.Group

	mu     sync.RWMutex
	keys   []key // that may verify, the newest last
	tried  time.Time
	stop   context.CancelFunc
	ending sync.WaitGroup
}

type key struct {
	row    *ent.SigningKey
	public jose.JSONWebKey
	signer jose.Signer // nil until it is needed
}

// New returns a ring, which reads its keys when it needs them.
func New(s *store.Store, sealer Sealer, o Options) *Ring {
	o.TokenLife = cmp.Or(o.TokenLife, time.Hour)
	o.SignFor = cmp.Or(o.SignFor, 30*24*time.Hour)
	o.Ahead = cmp.Or(o.Ahead, 24*time.Hour)
	o.Every = cmp.Or(o.Every, time.Minute)
	o.Reread = cmp.Or(o.Reread, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Ring{store: s, sealer: sealer, o: o}
}

// Start makes the first key when there is none, and rotates from then on until
// Stop.
func (r *Ring) Start(ctx context.Context) error {
	if err := r.Rotate(ctx); err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.ending.Go(func() {
		tick := time.NewTicker(r.o.Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := r.Rotate(ctx); err != nil && ctx.Err() == nil {
				r.o.Logger.Warn("the signing keys could not be looked at; those that are known go on", "error", err)
			}
		}
	})
	return nil
}

// Stop ends the rotation in this process.
func (r *Ring) Stop() {
	if r.stop != nil {
		r.stop()
		r.ending.Wait()
	}
}

// Rotate reads the keys, and makes and removes what is due.
func (r *Ring) Rotate(ctx context.Context) error {
	ctx = store.AllProjects(ctx)
	rows, err := r.read(ctx, r.store.Ent.SigningKey)
	if err != nil {
		return err
	}
	if plan := r.due(rows); plan.create || len(plan.remove) > 0 {
		if rows, err = r.change(ctx); err != nil {
			return err
		}
	}
	return r.hold(rows)
}

// rotationLock is the name of the advisory lock under which keys change.
const rotationLock = "semantest.signing_keys"

func (r *Ring) change(ctx context.Context) (rows []*ent.SigningKey, err error) {
	err = r.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", rotationLock); err != nil {
			return fmt.Errorf("wait for the rotation of keys: %w", err)
		}
		if rows, err = r.read(ctx, tx.SigningKey); err != nil {
			return err
		}
		plan := r.due(rows) // another process may have been here
		if plan.create {
			if err := r.create(ctx, tx.SigningKey, plan.from); err != nil {
				return err
			}
		}
		if len(plan.remove) > 0 {
			if _, err := tx.SigningKey.Delete().Where(signingkey.IDIn(plan.remove...)).Exec(ctx); err != nil {
				return fmt.Errorf("remove expired keys: %w", err)
			}
		}
		rows, err = r.read(ctx, tx.SigningKey)
		return err
	})
	return rows, err
}

// maxKeys bounds what is read: far more than there ever are.
const maxKeys = 100

func (r *Ring) read(ctx context.Context, c *ent.SigningKeyClient) ([]*ent.SigningKey, error) {
	rows, err := c.Query().Order(signingkey.BySignsFrom(), signingkey.ByID()).Limit(maxKeys).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", err)
	}
	return rows, nil
}

// due is what there is to do.
type due struct {
	create bool
	from   time.Time // when the new key begins to sign
	remove []string
}

func (r *Ring) due(rows []*ent.SigningKey) (d due) {
	now := r.o.Now()
	last := time.Time{} // until when there is a key that signs
	for _, k := range rows {
		if !k.ExpiresAt.After(now) {
			d.remove = append(d.remove, k.ID)
		}
		if k.SignsUntil.After(last) {
			last = k.SignsUntil
		}
	}
	switch {
	case last.Before(now): // the first, or all processes were away for long
		d.create, d.from = true, now
	case last.Sub(now) <= r.o.Ahead:
		d.create, d.from = true, last
	}
	return d
}

func (r *Ring) create(ctx context.Context, c *ent.SigningKeyClient, from time.Time) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	id := ident.New(ident.SigningKey)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: public, KeyID: id, Algorithm: string(jose.EdDSA), Use: "sig"})
	if err != nil {
		return fmt.Errorf("encode a signing key: %w", err)
	}
	until := from.Add(r.o.SignFor)
	err = c.Create().SetID(id).SetAlgorithm(string(jose.EdDSA)).SetPublic(jwk).
		SetSealedPrivate(r.sealer.Seal(private.Seed(), id)).
		SetSignsFrom(from).SetSignsUntil(until).SetExpiresAt(until.Add(r.o.TokenLife + leeway)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store a signing key: %w", err)
	}
	r.o.Logger.Info("a signing key was made", "key", id, "signs_from", from, "signs_until", until)
	return nil
}

// hold replaces the keys in memory.
func (r *Ring) hold(rows []*ent.SigningKey) error {
	keys := make([]key, 0, len(rows))
	for _, row := range rows {
		k := key{row: row}
		if err := json.Unmarshal(row.Public, &k.public); err != nil || !k.public.Valid() || !k.public.IsPublic() ||
			k.public.KeyID != row.ID || row.Algorithm != string(jose.EdDSA) {
			return fmt.Errorf("the signing key %s in the database is not usable: %w", row.ID, errors.Join(errNotOurs, err))
		}
		keys = append(keys, k)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range keys { // opened ones stay open
		for _, old := range r.keys {
			if old.row.ID == keys[i].row.ID {
				keys[i].signer = old.signer
			}
		}
	}
	r.keys = keys
	return nil
}

var errNotOurs = errors.New("it is no Ed25519 key of ours")

// JWKS returns the public keys of all tokens that may be valid now or soon.
func (r *Ring) JWKS(ctx context.Context) (jose.JSONWebKeySet, error) {
	if len(r.held()) == 0 {
		if err := r.reread(ctx); err != nil {
			return jose.JSONWebKeySet{}, err
		}
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	now := r.o.Now()
	for _, k := range r.held() {
		if k.row.ExpiresAt.After(now) {
			set.Keys = append(set.Keys, k.public)
		}
	}
	return set, nil
}

func (r *Ring) held() []key {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys
}

// public returns the key that verifies tokens with an id; ok is false for none.
// An id that is not known may be of a key that another process has just made.
func (r *Ring) public(ctx context.Context, id string) (k crypto.PublicKey, ok bool, err error) {
	if k, ok := r.find(id); ok {
		return k, true, nil
	}
	if ident.TypeOf(id) != ident.SigningKey {
		return nil, false, nil
	}
	if err := r.reread(ctx); err != nil {
		return nil, false, err
	}
	k, ok = r.find(id)
	return k, ok, nil
}

func (r *Ring) find(id string) (crypto.PublicKey, bool) {
	for _, k := range r.held() {
		if k.row.ID == id && k.row.ExpiresAt.After(r.o.Now()) {
			return k.public.Key, true
		}
	}
	return nil, false
}

// reread reads the keys again, unless that was done a moment ago: whoever makes
// up ids must not reach the database with each.
func (r *Ring) reread(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err, _ := r.reading.Do("", func() (any, error) {
		now := r.o.Now()
		r.mu.Lock()
		recent := now.Sub(r.tried) < r.o.Reread && now.Sub(r.tried) >= 0
		if !recent {
			r.tried = now
		}
		r.mu.Unlock()
		if recent {
			return nil, nil
		}
		rows, err := r.read(store.AllProjects(ctx), r.store.Ent.SigningKey)
		if err != nil {
			return nil, err
		}
		return nil, r.hold(rows)
	})
	return err
}

// signing returns the key that signs now.
func (r *Ring) signing(ctx context.Context) (jose.Signer, error) {
	k, ok := r.current()
	if !ok {
		if err := r.Rotate(ctx); err != nil {
			return nil, err
		}
		if k, ok = r.current(); !ok {
			return nil, apperr.New(apperr.Unavailable, "there is no signing key at this moment; try again in a few seconds")
		}
	}
	if k.signer != nil {
		return k.signer, nil
	}
	seed, err := r.sealer.Open(k.row.SealedPrivate, k.row.ID)
	if err != nil {
		return nil, fmt.Errorf("open the signing key %s: %w", k.row.ID, err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("open the signing key %s: %w", k.row.ID, errNotOurs)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: ed25519.NewKeyFromSeed(seed), KeyID: k.row.ID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("prepare the signing key %s: %w", k.row.ID, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.keys {
		if r.keys[i].row.ID == k.row.ID {
			r.keys[i].signer = signer
		}
	}
	return signer, nil
}

// current returns the newest key whose time to sign it is.
func (r *Ring) current() (key, bool) {
	now := r.o.Now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	for i := len(r.keys) - 1; i >= 0; i-- {
		if k := r.keys[i]; !k.row.SignsFrom.After(now) && k.row.SignsUntil.After(now) {
			return k, true
		}
	}
	return key{}, false
}
