// Package analytics tells what the runs of a project say together: over some time,
// and across its plans. It reads what the other rooms have stored, and writes
// nothing.
package analytics
