// Package ratelimit counts what clients take of a limit, such as 1000 requests
// a minute, and refuses what is above it.
//
// The counts lie in Redis, so that all processes count together. While Redis
// does not answer each process counts alone: nobody is refused because Redis is
// away, and nobody waits for it longer than a second. After a failure it is
// asked again, by one caller, once a second has passed.
//
// Limiter.Take is cheap: it keeps thirteen numbers for a key, not one for each
// request. It lets through at most Max within any Per, and to hold that it may
// refuse for up to a twelfth of Per longer than would be needed. Exact keeps the
// time of each attempt and is exact, for limits that are small. What was refused
// does not count.
//
// Redis's clock is the time of what is shared. Where it jumps back, what was
// taken counts as taken now; where it jumps forward, it is forgotten.
package ratelimit
