package store

import (
	"database/sql/driver"
	"errors"
	"os"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/apperr"
)

// Explain gives an error its code and a sentence that is due to a database that
// went away in the middle, or to a text that no database of ours can hold. It
// returns all others as they are. Where no connection can be opened, the error
// says so by itself.
func Explain(err error) error {
	switch {
	case apperr.CodeOf(err) != apperr.Internal:
		return err
	case away(err):
		return apperr.Wrap(err, apperr.Unavailable, "the database does not answer; try again in a moment")
	case unstorable(err):
		return apperr.Wrap(err, apperr.InvalidInput, "a text holds a character that is not allowed in one, such as NUL; take it out")
	}
	return err
}

// unstorable reports whether a client sent what is no text to Postgres.
func unstorable(err error) bool {
	pqErr, ok := errors.AsType[*pq.Error](err)
	return ok && (pqErr.Code == "22021" || pqErr.Code == "22P05") // as a text, in a JSON text
}

func away(err error) bool {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, os.ErrDeadlineExceeded) { // cut, see bounds
		return true
	}
	pqErr, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return false
	}
	switch pqErr.Code {
	case "57P01", "57P02", "57P03", // shut down, crashed, starting
		"53300": // too many connections
		return true
	}
	return pqErr.Code.Class() == "08"
}
