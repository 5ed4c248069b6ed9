// Package report writes what one run did, for people and for other tools:
// JUnit XML for CI servers, JSON for scripts, and one HTML file to read.
//
// The writers are pure: they take a Run and write, with no clock, no network
// and no file. Texts come from the targets under test and are treated as
// hostile. The package imports nothing of the project but spec.
package report
