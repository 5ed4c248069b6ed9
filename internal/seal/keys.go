package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/semantest/semantest/internal/apperr"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// maxKeys bounds a keyset: one seals, one comes or goes, and the rest is slack
// for rotations that were given up.
const maxKeys = 16

// Keys are keys of which one, the primary, seals and all open. They never
// change; Add, Promote and Prune return others.
type Keys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// Stage says how far a rotation of keys has come.
type Stage int

// The stages of a rotation, in their order.
const (
	// Settled is before and after: there is one key.
	Settled Stage = iota
	// Standby has a new key that opens and does not seal yet, so that every
	// process learns it before it is needed.
	Standby
	// Promoted seals with the newest key and still opens what older ones sealed.
	Promoted
)

// Generate returns a single fresh key.
func Generate() (*Keys, error) {
	return change(keyset.NewManager(), func(m *keyset.Manager) error {
		id, err := addFresh(m)
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// ParseKeys reads keys from their text: 32 bytes in base64, which are one key
// whose sealed values bear no id, or what Text returned.
func ParseKeys(text string) (*Keys, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the secret key is not base64; make one with: openssl rand -base64 32")
	}
	if len(raw) == KeySize {
		return single(raw)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, wrongSize(len(raw)) // the cause could quote the key
	}
	return keysOf(handle)
}

// Text is the form that ParseKeys reads: a keyset of Tink in base64, one line.
// Whoever has it can open everything.
func (k *Keys) Text() (string, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewBinaryWriter(&b)); err != nil {
		return "", fmt.Errorf("write the secret key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// Stage says where in a rotation the keys are.
func (k *Keys) Stage() Stage {
	info := k.handle.KeysetInfo()
	switch newest := info.GetKeyInfo()[k.handle.Len()-1].GetKeyId(); {
	case k.handle.Len() == 1:
		return Settled
	case newest == info.GetPrimaryKeyId():
		return Promoted
	}
	return Standby
}

// ID names the primary key, for people and logs; it gives nothing away.
func (k *Keys) ID() string {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], k.handle.KeysetInfo().GetPrimaryKeyId())
	return hex.EncodeToString(id[:])
}

// Add returns the keys and a fresh one, which does not seal yet.
func (k *Keys) Add() (*Keys, error) {
	if k.handle.Len() >= maxKeys {
		return nil, apperr.New(apperr.Conflict, "the secret key holds %d keys already; end the rotation that was begun first", k.handle.Len())
	}
	return change(keyset.NewManagerFromHandle(k.handle), func(m *keyset.Manager) error {
		_, err := addFresh(m)
		return err
	})
}

// Promote returns the keys with the newest as the one that seals.
func (k *Keys) Promote() (*Keys, error) {
	newest, err := k.handle.Entry(k.handle.Len() - 1)
	if err != nil {
		return nil, fmt.Errorf("look at the newest key: %w", err)
	}
	return change(keyset.NewManagerFromHandle(k.handle), func(m *keyset.Manager) error { return m.SetPrimary(newest.KeyID()) })
}

// Prune returns the primary key alone.
func (k *Keys) Prune() (*Keys, error) {
	return change(keyset.NewManagerFromHandle(k.handle), func(m *keyset.Manager) error {
		info := k.handle.KeysetInfo()
		for _, key := range info.GetKeyInfo() {
			if key.GetKeyId() == info.GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(key.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Seal encrypts plain. The context (such as a run's id) must be the same when
// it is opened, so that sealed bytes cannot be moved elsewhere.
func (k *Keys) Seal(plain []byte, context string) []byte {
	sealed, err := k.aead.Encrypt(plain, []byte(context))
	if err != nil {
		panic("seal: " + err.Error()) // only for 64 GiB and more, as with crypto/cipher
	}
	return sealed
}

// Open decrypts what Seal returned.
func (k *Keys) Open(sealed []byte, context string) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(context))
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable,
			"a secret cannot be opened with this server's secret key: give every process the SEMANTEST_SECRET_KEY, or the secret.key file, that it was sealed with")
	}
	return plain, nil
}

func single(raw []byte) (*Keys, error) {
	if len(raw) != KeySize {
		return nil, wrongSize(len(raw))
	}
	params, err := parameters(aesgcm.VariantNoPrefix)
	if err != nil {
		return nil, err
	}
	key, err := aesgcm.NewKey(secretdata.NewBytesFromData(raw, insecuresecretdataaccess.Token{}), 0, params)
	if err != nil {
		return nil, fmt.Errorf("prepare the secret key: %w", err)
	}
	return change(keyset.NewManager(), func(m *keyset.Manager) error {
		id, err := m.AddKey(key)
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

func wrongSize(n int) error {
	return apperr.Invalid("secretKey", "the secret key is neither %d bytes nor a keyset, it has %d bytes; make one with: openssl rand -base64 32", KeySize, n)
}

func addFresh(m *keyset.Manager) (uint32, error) {
	params, err := parameters(aesgcm.VariantTink)
	if err != nil {
		return 0, err
	}
	return m.AddNewKeyFromParameters(params)
}

func parameters(v aesgcm.Variant) (*aesgcm.Parameters, error) {
	params, err := aesgcm.NewParameters(aesgcm.ParametersOpts{KeySizeInBytes: KeySize, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: v})
	if err != nil {
		return nil, fmt.Errorf("prepare the secret key: %w", err)
	}
	return params, nil
}

func change(m *keyset.Manager, do func(*keyset.Manager) error) (*Keys, error) {
	if err := do(m); err != nil {
		return nil, fmt.Errorf("change the secret key: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("change the secret key: %w", err)
	}
	return keysOf(handle)
}

var errOtherKeys = errors.New("the secret key holds keys of another kind than AES-256-GCM, disabled ones, or too many; make one with: openssl rand -base64 32")

// keysOf takes only what this package makes, so that a keyset of another
// purpose is refused at the start and not when it is used.
func keysOf(handle *keyset.Handle) (*Keys, error) {
	if handle.Len() > maxKeys {
		return nil, apperr.Wrap(errOtherKeys, apperr.InvalidInput, "%s", errOtherKeys)
	}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, apperr.Wrap(err, apperr.InvalidInput, "%s", errOtherKeys)
		}
		key, ok := entry.Key().(*aesgcm.Key)
		if !ok || entry.KeyStatus() != keyset.Enabled {
			return nil, apperr.Wrap(errOtherKeys, apperr.InvalidInput, "%s", errOtherKeys)
		}
		if p, ok := key.Parameters().(*aesgcm.Parameters); !ok || p.KeySizeInBytes() != KeySize {
			return nil, apperr.Wrap(errOtherKeys, apperr.InvalidInput, "%s", errOtherKeys)
		}
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "%s", errOtherKeys)
	}
	return &Keys{handle: handle, aead: primitive}, nil
}
