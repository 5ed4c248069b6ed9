package webhooks

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/apperr"
)

// Bounds of what a caller gives.
const (
	maxURL         = 2000 // bytes
	maxDescription = 200  // characters
	maxWebhooks    = 20   // of a project: each event is sent to all of them
)

// checkURL judges a receiver's address. Where its host leads is judged by each
// dial.
func (s *Service) checkURL(text string) error {
	if len(text) > maxURL {
		return apperr.Invalid("url", "the address of a webhook has at most %d bytes", maxURL)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return apperr.Invalid("url", "the address of a webhook is a complete one, such as https://ci.example/semantest")
	case u.Scheme == "http" && !s.o.AllowHTTP:
		return apperr.Invalid("url", "the address of a webhook must begin with https://; a server started with --egress dev accepts http:// too")
	case u.Scheme != "https" && u.Scheme != "http":
		return apperr.Invalid("url", "the address of a webhook begins with https://")
	case u.User != nil:
		return apperr.Invalid("url", "the address of a webhook must not hold a name or a password; the signature proves who sends")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return apperr.Invalid("url", "the address of a webhook has no #fragment: it would not be sent")
	}
	return nil
}

func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > maxDescription || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return apperr.Invalid("description", "a description is text of at most %d characters", maxDescription)
	}
	return nil
}

// checkTypes returns the types in their usual order, each once.
func checkTypes(types []Type) ([]string, error) {
	out := []string{}
	for _, t := range types {
		if !slices.Contains(Types(), t) {
			return nil, apperr.Invalid("types", "a webhook cannot choose %s; it can choose %s", t, strings.Join(typeNames(Types()), ", "))
		}
	}
	for _, t := range Types() {
		if slices.Contains(types, t) {
			out = append(out, string(t))
		}
	}
	return out, nil
}
