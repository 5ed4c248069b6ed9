// Package keys signs and verifies access tokens: JWTs signed with Ed25519, whose
// public keys are published as a JWKS.
//
// The keys lie in the database, the private ones sealed. A key is published a
// day before it signs, signs for thirty days, and stays published until the last
// token that it signed has expired. Every process looks after that; an advisory
// lock lets one of them act. So rotation signs nobody out.
//
// It knows nothing of users and sessions but their ids.
package keys
