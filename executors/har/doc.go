// Package har has the parts of an HTTP archive (HAR 1.2) that all executors
// write alike: headers, bodies and the frame around the entries, bounded, and
// without secrets. What an exchange is, the executors know themselves.
package har
