package httpauth

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// minCredential is the least length of a credential that is hidden although the
// plan does not list it under its secrets, in bytes: a password such as "shop"
// would make every text unreadable, and stands in the plan for all to read.
const minCredential = 6

// conceal hides credentials from now on in all that the attempt tells: targets
// like to echo what they are sent.
func conceal(scope *spec.Scope, values ...string) error {
	for _, v := range values {
		if len(v) < minCredential {
			continue
		}
		if err := scope.AddSecret(v); err != nil {
			return executors.Errorf("the credentials of the request cannot be kept secret: %w", err)
		}
	}
	return nil
}

// credentials lists by what a request shows who it is from.
func credentials(auth *spec.Auth, header http.Header) []string {
	var values []string
	if scheme, rest, ok := strings.Cut(header.Get("Authorization"), " "); ok {
		values = append(values, rest)
		if strings.EqualFold(scheme, "Basic") {
			if pair, err := base64.StdEncoding.DecodeString(rest); err == nil {
				_, password, _ := strings.Cut(string(pair), ":")
				values = append(values, password)
			}
		}
	}
	switch {
	case auth == nil:
	case auth.Digest != nil:
		values = append(values, auth.Digest.Password)
	case auth.HMAC != nil:
		values = append(values, auth.HMAC.Secret)
	}
	return values
}
