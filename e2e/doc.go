// Package e2e holds the tests that drive the built program as a person does:
// real processes, a real Postgres, Redis and Chromium. It has no code of its
// own. Its tests read /proc, so they run on Linux.
package e2e
