// Package jobs connects the services to River's queues: it enqueues cases,
// works them off through executors, keeps their leases alive and brings back
// what a lost worker left behind.
//
// There is one queue for each executor kind, so that a process can serve chosen
// kinds only. River delivers at least once; the lease and the attempt number in
// runs make each delivery count once.
package jobs
