// Package ident makes and checks ids: a prefix that names the type, and a
// time-ordered random part (TypeID: base32 of a UUIDv7), such as
// run_01h455vb4pex5vsknk084sn02q. To everyone else an id is opaque.
//
// The package is a leaf; every room may import it.
package ident
