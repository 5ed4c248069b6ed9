package store

import (
	"fmt"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/ident"
)

// Missing explains an error of a query for one row of the caller's project. A
// row of another project and one that does not exist are the same to it.
func Missing(err error, t ident.Type, id string) error {
	if !ent.IsNotFound(err) {
		return fmt.Errorf("read the %s: %w", t.Noun(), err)
	}
	return NotFound(t, id)
}

// NotFound says that the caller's project has no row with this id.
func NotFound(t ident.Type, id string) error {
	if err := ident.Validate(t, id); err != nil {
		return err
	}
	return apperr.New(apperr.NotFound, "there is no %s %s in this project", t.Noun(), id)
}
