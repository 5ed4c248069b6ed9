// Package password turns passwords into argon2id hashes in PHC form and checks
// them. A hash takes 19 MiB and some 40 ms of one core on purpose, so that as
// many run at once as there are cores, and only so many may wait.
//
// It knows nothing of accounts.
package password
