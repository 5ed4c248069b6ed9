package webhooks

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/semantest/semantest/ent"
)

// Standard Webhooks asks for 24 to 64 random bytes, and for this prefix.
const (
	secretSize   = 32
	secretPrefix = "whsec_"
)

// overlap is how long the secret before a rotation still signs.
const overlap = 24 * time.Hour

// keys are a webhook's secrets, sealed together.
type keys struct {
	Current       []byte    `json:"current"`
	Previous      []byte    `json:"previous,omitempty"`
	PreviousUntil time.Time `json:"previousUntil,omitzero"`
}

func newKeys() keys {
	key := make([]byte, secretSize)
	_, _ = rand.Read(key) // never fails
	return keys{Current: key}
}

// secret is what the receiver is given.
func (k keys) secret() string { return secretPrefix + base64.StdEncoding.EncodeToString(k.Current) }

// signature returns the header's value: a signature with each key that is valid.
func (k keys) signature(id string, at time.Time, payload []byte) (string, error) {
	valid := [][]byte{k.Current}
	if len(k.Previous) > 0 && at.Before(k.PreviousUntil) {
		valid = append(valid, k.Previous)
	}
	out := make([]string, len(valid))
	for i, key := range valid {
		signer, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return "", fmt.Errorf("sign the message: %w", err)
		}
		if out[i], err = signer.Sign(id, at, payload); err != nil {
			return "", fmt.Errorf("sign the message: %w", err)
		}
	}
	return strings.Join(out, " "), nil
}

func (s *Service) seal(webhookID string, k keys) ([]byte, error) {
	plain, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode the webhook's secret: %w", err)
	}
	return s.sealer.Seal(plain, webhookID), nil
}

func (s *Service) open(row *ent.Webhook) (keys, error) {
	plain, err := s.sealer.Open(row.SealedSecret, row.ID)
	if err != nil {
		return keys{}, err
	}
	var k keys
	if err := json.Unmarshal(plain, &k); err != nil {
		return keys{}, fmt.Errorf("decode the webhook's secret: %w", err)
	}
	return k, nil
}
