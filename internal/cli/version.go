package cli

import (
	"fmt"

	"github.com/semantest/semantest/internal/spec"
)

type versionCmd struct{}

func (versionCmd) Run(sys Sys) error {
	_, err := fmt.Fprintln(sys.Stdout, "semantest", Version)
	return err
}

type schemaCmd struct{}

func (schemaCmd) Run(sys Sys) error {
	_, err := sys.Stdout.Write(spec.JSONSchema())
	return err
}
