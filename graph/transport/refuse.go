package transport

import (
	"mime"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"github.com/semantest/semantest/internal/apperr"
)

// Refuse answers requests that no other transport takes, and says why. It comes
// last.
type Refuse struct{}

// Supports implements graphql.Transport.
func (Refuse) Supports(*http.Request) bool { return true }

// Do implements graphql.Transport.
func (Refuse) Do(w http.ResponseWriter, r *http.Request, _ graphql.GraphExecutor) {
	switch kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case r.Header.Get("Upgrade") != "":
		refuse(w, http.StatusBadRequest, apperr.InvalidInput, "only the upgrade to websocket is known here")
	case r.Method == http.MethodGet:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, apperr.InvalidInput,
			"send operations with POST; GET is for queries with an Authorization header, and for event streams, which the header Accept: "+eventStreamType+" asks for")
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, apperr.InvalidInput, "send operations with POST")
	case err != nil || kind != "application/json":
		refuse(w, http.StatusUnsupportedMediaType, apperr.InvalidInput, "send the operation as application/json")
	default:
		refuse(w, http.StatusBadRequest, apperr.InvalidInput, "the request cannot be understood")
	}
}
