package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/ent/auditentry"
	"github.com/semantest/semantest/ent/secret"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/store"
)

// TestEverySealedColumnIsRenewed compares what rotation knows with the
// database: a new column with sealed values fails here.
func TestEverySealedColumnIsRenewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows, err := w.store.DB.QueryContext(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema = current_schema() AND data_type = 'bytea' AND column_name LIKE '%seal%' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	want := secrets.Columns()
	slices.Sort(want)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("columns of the database, and those that a rotation renews (-database +rotation)\n%s", diff)
	}
}

// TestRotate renews everything and leaves the old key worthless.
func TestRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.keys
	want := w.fill(t, old)
	k := &memory{keys: old}
	if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]seal.Stage{seal.Standby, seal.Promoted, seal.Settled}, k.stages); diff != "" {
		t.Errorf("the steps (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, w.open(t, k.keys)); diff != "" {
		t.Errorf("with the new key (-want +got)\n%s", diff)
	}
	if got := w.open(t, old); len(got) != 0 {
		t.Errorf("the old key still opens %v", got)
	}
	e := w.store.Ent.AuditEntry.Query().Where(auditentry.Action("secret_key.rotated")).OnlyX(t.Context())
	if diff := cmp.Diff(map[string]string{"values": fmt.Sprint(len(want)), "renewed": fmt.Sprint(len(want))}, e.Detail); diff != "" || e.ObjectName != k.keys.ID() {
		t.Errorf("the entry names %s (-want +got)\n%s", e.ObjectName, diff)
	}
}

// TestRotateGoesOn breaks a rotation off at each of its steps, and begins anew
// with what was kept.
func TestRotateGoesOn(t *testing.T) {
	t.Parallel()
	for _, at := range []seal.Stage{seal.Standby, seal.Promoted, seal.Settled} {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprint(at, kept), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				want := w.fill(t, w.keys)
				k := &memory{keys: w.keys, failAt: at, keepAtFailure: kept, fails: true}
				if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); !errors.Is(err, errCrash) {
					t.Fatalf("%v, want the crash", err)
				}
				if diff := cmp.Diff(want, w.open(t, k.keys)); diff != "" {
					t.Errorf("after the crash (-want +got)\n%s", diff)
				}
				if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, w.open(t, k.keys)); diff != "" || k.keys.Stage() != seal.Settled {
					t.Errorf("in the end (-want +got)\n%s", diff)
				}
				if got := w.open(t, w.keys); len(got) != 0 {
					t.Errorf("the old key still opens %v", got)
				}
			})
		}
	}
}

// TestRotateBreaksOffAmongTheRows stops in the middle of sealing anew.
func TestRotateBreaksOffAmongTheRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := w.fill(t, w.keys)
	stranger, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	bad := w.store.Ent.Secret.Query().Order(secret.ByID()).AllX(t.Context())[60]
	w.store.Ent.Secret.UpdateOne(bad).SetSealedValue(stranger.Seal([]byte("lost"), bad.ID)).ExecX(t.Context())
	k := &memory{keys: w.keys}
	err = secrets.Rotate(t.Context(), w.store, k, t.Logf)
	if apperr.CodeOf(err) != apperr.Unavailable || !strings.Contains(err.Error(), bad.ID) {
		t.Fatalf("%v, want an error that names %s", err, bad.ID)
	}
	if k.keys.Stage() != seal.Promoted {
		t.Fatalf("the keys are at stage %d: a value that cannot be opened must keep the old key", k.keys.Stage())
	}
	w.store.Ent.Secret.UpdateOne(bad).SetSealedValue(w.keys.Seal([]byte("found"), bad.ID)).ExecX(t.Context())
	want["secrets.sealed_value "+bad.ID] = "found"
	if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, w.open(t, k.keys)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestRotateWhileServersWrite rotates the key file under services that go on
// reading and writing, each a process with a sealer of its own.
func TestRotateWhileServersWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "secret.key")
	server := func() *secrets.Service {
		sealer, err := seal.FromFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return secrets.New(w.store, sealer)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	written := make([]int, 3)
	for i := range written {
		s := server()
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := secrets.Key{Name: fmt.Sprint("S", i, "_", n%20)}
				if _, err := s.Set(w.ours, key, fmt.Sprint("value", n)); err != nil {
					t.Errorf("set: %v", err)
					return
				}
				// A value of another process, perhaps sealed with a key that this one has not seen.
				err := w.store.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, err := s.Values(ctx, tx, w.oursID, "", []string{fmt.Sprint("S", (i+1)%3, "_", n%20)})
					return err
				})
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				written[i] = n
			}
		})
	}
	if err := secrets.Rotate(t.Context(), w.store, secrets.KeyFile{Path: path, Settle: 2 * seal.Reread}, t.Logf); err != nil {
		t.Fatal(err)
	}
	stop()
	all.Wait()
	keys, err := seal.ReadFile(path)
	if err != nil || keys.Stage() != seal.Settled {
		t.Fatalf("in the end the file holds %v (%v)", keys, err)
	}
	if n := w.store.Ent.Secret.Query().CountX(t.Context()); len(w.open(t, keys)) != n || n < 3 {
		t.Errorf("the key opens %d of %d values", len(w.open(t, keys)), n)
	}
	t.Logf("written meanwhile: %v", written)
}

// TestRotateByHand carries the keys from step to step, as people do where they
// stand in the environment.
func TestRotateByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := w.fill(t, w.keys)
	text, err := w.keys.Text()
	if err != nil {
		t.Fatal(err)
	}
	var stages []seal.Stage
	for range 3 {
		before := text
		k := secrets.KeyText{Text: text, Announce: func(next string, stage seal.Stage) error {
			text, stages = next, append(stages, stage)
			return nil
		}}
		if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); err != nil {
			t.Fatal(err)
		}
		for _, servers := range []string{before, text} { // some have the old value still
			keys, err := seal.ParseKeys(servers)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, w.open(t, keys)); diff != "" {
				t.Errorf("after step %d (-want +got)\n%s", len(stages), diff)
			}
		}
	}
	if diff := cmp.Diff([]seal.Stage{seal.Standby, seal.Promoted, seal.Settled}, stages); diff != "" {
		t.Errorf("the steps (-want +got)\n%s", diff)
	}
	if got := w.open(t, w.keys); len(got) != 0 {
		t.Errorf("the old key still opens %v", got)
	}
}

// TestRotateWaitsForTransactions keeps the old key until a transaction that was
// under way has ended, and takes along what it wrote.
func TestRotateWaitsForTransactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, w.ours, "EARLY", "", "early")
	id := ident.New(ident.Secret)
	tx, err := w.store.Ent.Tx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx.Secret.Create().SetID(id).SetProjectID(w.oursID).SetName("LATE").SetSealedValue(w.keys.Seal([]byte("late"), id)).SaveX(t.Context())
	k := &memory{keys: w.keys}
	done := make(chan error, 1)
	go func() { done <- secrets.Rotate(t.Context(), w.store, k, t.Logf) }()
	early := w.store.Ent.Secret.Query().Where(secret.Name("EARLY"))
	waitFor(t, func() bool { // the first round is over when what it finds is renewed
		row := early.Clone().OnlyX(t.Context())
		_, err := w.keys.Open(row.SealedValue, row.ID)
		return err != nil
	})
	select {
	case err := <-done:
		t.Fatalf("the rotation has ended before the transaction: %v", err)
	default:
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := w.open(t, k.keys)["secrets.sealed_value "+id]; got != "late" {
		t.Errorf("what the transaction wrote is %q", got)
	}
}

func TestRotateAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := &memory{keys: w.keys}
	k.onSave = func() {
		err := secrets.Rotate(t.Context(), w.store, &memory{keys: w.keys}, t.Logf)
		if apperr.CodeOf(err) != apperr.Conflict {
			t.Errorf("a second rotation at once: %v", err)
		}
	}
	for range 2 { // the lock is given back
		if err := secrets.Rotate(t.Context(), w.store, k, t.Logf); err != nil {
			t.Fatal(err)
		}
	}
}

var errCrash = errors.New("crash")

// memory keeps keys for one process, and fails where it is told to, once.
type memory struct {
	keys                 *seal.Keys
	stages               []seal.Stage
	fails, keepAtFailure bool
	failAt               seal.Stage
	onSave               func()
}

func (m *memory) Load() (*seal.Keys, error) { return m.keys, nil }

func (m *memory) Save(_ context.Context, keys *seal.Keys) (secrets.Saved, error) {
	if m.onSave != nil {
		m.onSave()
	}
	crash := m.fails && keys.Stage() == m.failAt
	if !crash || m.keepAtFailure {
		m.keys, m.stages = keys, append(m.stages, keys.Stage())
	}
	if crash {
		m.fails = false
		return secrets.Everywhere, errCrash
	}
	return secrets.Everywhere, nil
}

// fill puts sealed values into every column, more than one batch of them, and
// returns them by column and row.
func (w *world) fill(t *testing.T, keys *seal.Keys) map[string]string {
	t.Helper()
	s, ctx, want := w.store, t.Context(), map[string]string{}
	note := func(column, id string) []byte {
		plain := "plain of " + id
		want[column+" "+id] = plain
		return keys.Seal([]byte(plain), id)
	}
	for i := range 70 {
		id := ident.New(ident.Secret)
		s.Ent.Secret.Create().SetID(id).SetProjectID(w.oursID).SetName(fmt.Sprint("S", i)).SetSealedValue(note("secrets.sealed_value", id)).SaveX(ctx)
	}
	id := ident.New(ident.Webhook)
	s.Ent.Webhook.Create().SetID(id).SetProjectID(w.theirsID).SetURL("https://x.test").SetSealedSecret(note("webhooks.sealed_secret", id)).SaveX(ctx)
	id = ident.New(ident.Trigger)
	plan := s.Ent.Plan.Create().SetProjectID(w.oursID).SetName("p").SaveX(ctx)
	s.Ent.Trigger.Create().SetID(id).SetProjectID(w.oursID).SetPlanID(plan.ID).SetName("t").SetSealedSecret(note("triggers.sealed_secret", id)).SaveX(ctx)
	id = ident.New(ident.SigningKey)
	now := time.Now()
	s.Ent.SigningKey.Create().SetID(id).SetAlgorithm("EdDSA").SetPublic([]byte("{}")).SetSealedPrivate(note("signing_keys.sealed_private", id)).
		SetSignsFrom(now).SetSignsUntil(now).SetExpiresAt(now).SaveX(ctx)
	id = ident.New(ident.Run)
	version := s.Ent.PlanVersion.Create().SetProjectID(w.oursID).SetPlanID(plan.ID).SetNumber(1).SetSource("x").SetDigest("x").SaveX(ctx)
	s.Ent.Run.Create().SetID(id).SetProjectID(w.oursID).SetPlanID(plan.ID).SetPlanVersionID(version.ID).SetName("r").SetTotal(1).
		SetTimeoutMs(1000).SetSealedSecrets(note("runs.sealed_secrets", id)).SaveX(ctx)
	return want
}

// open returns what keys open of the database, by column and row.
func (w *world) open(t *testing.T, keys *seal.Keys) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range secrets.Columns() {
		table, column, _ := strings.Cut(name, ".")
		rows, err := w.store.DB.QueryContext(t.Context(), "SELECT id, "+column+" FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			var sealed []byte
			if err := rows.Scan(&id, &sealed); err != nil {
				t.Fatal(err)
			}
			if plain, err := keys.Open(sealed, id); err == nil {
				out[name+" "+id] = string(plain)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal("it has not come to pass within a minute")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
