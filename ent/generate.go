package ent

//go:generate go tool ent generate --feature sql/lock,sql/modifier,sql/execquery,sql/upsert,sql/versioned-migration ./schema
