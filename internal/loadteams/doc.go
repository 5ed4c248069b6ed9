// Package loadteams keeps the parts of load cases that several workers share:
// who takes which part, whether they are ready and alive, and what they measured
// until the worker of the attempt has added it up. It is the only writer of load
// parts and their reports.
//
// The attempt fences its parts: when it is over, taken away or stopped, nobody
// waits for them, and every write of a member says so. All times are the
// database's.
package loadteams
