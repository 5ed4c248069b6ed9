package store

import (
	"database/sql/driver"
	"errors"
	"os"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/apperr"
)

// Explain gives an error its code and a sentence that is due to a database that
// went away in the middle. It returns all others as they are. Where no
// connection can be opened, the error says so by itself.
func Explain(err error) error {
	if apperr.CodeOf(err) != apperr.Internal || !away(err) {
		return err
	}
	return apperr.Wrap(err, apperr.Unavailable, "the database does not answer; try again in a moment")
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
