// Package config says what can be configured, by flag and by environment. The
// tags of its fields are the documentation: the command line and
// docs/configuration.md are made from them.
package config
