package keys_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/auth/keys"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store/storetest"
)

// forge has what an attacker has, and the private key too, to break one rule at
// a time.
type forge struct {
	ring    *keys.Ring
	clock   *clock
	private ed25519.PrivateKey
	keyID   string
}

func newForge(t *testing.T) *forge {
	t.Helper()
	db, c := storetest.Open(t), newClock()
	f := &forge{ring: newRing(db, c), clock: c}
	sign(t, f.ring)
	row := db.Ent.SigningKey.Query().OnlyX(t.Context())
	seed, err := bound{}.Open(row.SealedPrivate, row.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.private, f.keyID = ed25519.NewKeyFromSeed(seed), row.ID
	return f
}

func (f *forge) claims() map[string]any {
	now := f.clock.now().Unix()
	return map[string]any{
		"iss": "semantest", "aud": []string{"semantest"}, "sub": userID, "sid": sessionID, "jti": "req_1",
		"iat": now, "nbf": now, "exp": now + 3600,
	}
}

func (f *forge) with(change map[string]any) map[string]any {
	out := f.claims()
	maps.Copy(out, change)
	for k, v := range change {
		if v == nil {
			delete(out, k)
		}
	}
	return out
}

// sign returns a token with a key and an algorithm.
func (f *forge) sign(t *testing.T, alg jose.SignatureAlgorithm, key any, keyID string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func raw(parts ...string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = base64.RawURLEncoding.EncodeToString([]byte(p))
	}
	return strings.Join(out, ".")
}

func TestBadTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	good := f.sign(t, jose.EdDSA, f.private, f.keyID, f.claims())
	if _, err := f.ring.Verify(t.Context(), good); err != nil {
		t.Fatalf("the forge's own token is refused, so that this test would prove nothing: %v", err)
	}
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(f.claims())
	if err != nil {
		t.Fatal(err)
	}
	public := f.private.Public().(ed25519.PublicKey)
	parts := strings.Split(good, ".")
	now := f.clock.now().Unix()
	changed := func(change map[string]any) string {
		return f.sign(t, jose.EdDSA, f.private, f.keyID, f.with(change))
	}
	for name, tt := range map[string]struct{ token, reason string }{
		"alg none":                  {raw(`{"alg":"none","kid":"`+f.keyID+`"}`, string(body)) + ".", keys.BadAlgorithm},
		"alg None":                  {raw(`{"alg":"None","kid":"`+f.keyID+`"}`, string(body)) + ".", keys.BadAlgorithm},
		"no alg":                    {raw(`{"kid":"`+f.keyID+`"}`, string(body)) + "." + parts[2], keys.Malformed},
		"HS256 with the public key": {f.sign(t, jose.HS256, []byte(public), f.keyID, f.claims()), keys.BadAlgorithm},
		"a foreign key":             {f.sign(t, jose.EdDSA, foreign, f.keyID, f.claims()), keys.BadSignature},
		"its own key in the header": {raw(`{"alg":"EdDSA","jwk":`+jwk(t, foreign)+`}`, string(body)) + "." + parts[2], keys.UnknownKey},
		"unknown kid":               {f.sign(t, jose.EdDSA, foreign, ident.New(ident.SigningKey), f.claims()), keys.UnknownKey},
		"kid of another form":       {f.sign(t, jose.EdDSA, f.private, "../../etc/passwd", f.claims()), keys.UnknownKey},
		"no kid":                    {f.sign(t, jose.EdDSA, f.private, "", f.claims()), keys.UnknownKey},
		"expired":                   {changed(map[string]any{"exp": now}), keys.Expired},
		"never expires":             {changed(map[string]any{"exp": nil}), keys.Malformed},
		"not yet valid":             {changed(map[string]any{"nbf": now + 31}), keys.NotYetValid},
		"issued in the future":      {changed(map[string]any{"iat": now + 3600}), keys.NotYetValid},
		"another audience":          {changed(map[string]any{"aud": []string{"other"}}), keys.BadAudience},
		"two audiences":             {changed(map[string]any{"aud": []string{"semantest", "other"}}), keys.BadAudience},
		"no audience":               {changed(map[string]any{"aud": nil}), keys.BadAudience},
		"another issuer":            {changed(map[string]any{"iss": "https://evil.example"}), keys.BadIssuer},
		"no session":                {changed(map[string]any{"sid": nil}), keys.Malformed},
		"another kind of session":   {changed(map[string]any{"sid": userID}), keys.Malformed},
		"no user":                   {changed(map[string]any{"sub": ""}), keys.Malformed},
		"claims of a wrong type":    {changed(map[string]any{"exp": "soon"}), keys.BadSignature},
		"tampered claims":           {parts[0] + "." + strings.TrimSuffix(raw(strings.Replace(string(body), "semantest", "semantesT", 1)), ".") + "." + parts[2], keys.BadSignature},
		"tampered signature":        {parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), keys.BadSignature},
		"no signature":              {parts[0] + "." + parts[1] + ".", keys.BadSignature},
		"huge":                      {good + strings.Repeat("A", 1<<20), keys.Malformed},
		"empty":                     {"", keys.Malformed},
		"garbage":                   {"ey\x00.\xff\xfe.☃", keys.Malformed},
		"dots":                      {"..", keys.Malformed},
		"JSON":                      {`{"payload":"","signatures":[]}`, keys.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims, err := f.ring.Verify(t.Context(), tt.token)
			coded, ok := errors.AsType[*apperr.Error](err)
			if claims != nil || !ok || coded.Code != apperr.Unauthenticated || coded.Details["reason"] != tt.reason {
				t.Errorf("got %+v, %v with %v; want the reason %s", claims, err, coded, tt.reason)
			}
		})
	}
}

func TestClocksMayDifferALittle(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	token := f.sign(t, jose.EdDSA, f.private, f.keyID, f.claims())
	f.clock.pass(-29 * time.Second)
	if _, err := f.ring.Verify(t.Context(), token); err != nil {
		t.Errorf("half a minute early: %v", err)
	}
}

// TestUnknownKeysReachTheDatabaseRarely: whoever makes up key ids asks for it
// once a second.
func TestUnknownKeysReachTheDatabaseRarely(t *testing.T) {
	t.Parallel()
	db, c := storetest.Open(t), newClock()
	one, two := newRing(db, c), newRing(db, c)
	made := &forge{clock: c}
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	unknown := made.sign(t, jose.EdDSA, foreign, ident.New(ident.SigningKey), made.claims())
	if _, err := one.Verify(t.Context(), unknown); err == nil {
		t.Fatal("accepted")
	}
	fresh := sign(t, two) // its key is new
	if _, err := one.Verify(t.Context(), fresh); err == nil {
		t.Error("the keys were read twice within a second")
	}
	c.pass(time.Second)
	if _, err := one.Verify(t.Context(), fresh); err != nil {
		t.Errorf("a second later: %v", err)
	}
}

func jwk(t *testing.T, private ed25519.PrivateKey) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: private.Public(), KeyID: "mine", Algorithm: "EdDSA"})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
