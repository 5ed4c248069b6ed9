package spec

import (
	"fmt"
	"slices"
)

// CheckSecretName says why a plan could not list a name under secrets, or nil.
func CheckSecretName(name string) error {
	switch form := forms["variable"]; {
	case !form.re.MatchString(name):
		return fmt.Errorf("the name of a secret %s, but is %s", form.sentence, brief(name))
	case slices.Contains(builtins, name):
		return fmt.Errorf("the name %s is taken: every case has this variable", name)
	}
	return nil
}
