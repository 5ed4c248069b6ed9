// Package breaker keeps circuit breakers: after some failures in a row nothing
// more is sent to what does not answer, until one probe after a while finds that
// it answers again.
//
// sony/gobreaker decides what a failure or a success makes of a breaker. What is
// kept here is what it leaves open: the processes share each breaker's state
// through Redis, one probe at a time goes out among all of them, and a probe
// whose process dies is replaced. Without Redis each process goes by what it
// sees itself.
//
// A breaker that nothing is wrong with does not exist: to ask for it, and to
// report a success to it, is one look into a map.
package breaker
