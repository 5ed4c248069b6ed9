// Package api performs cases of kind api: it sends HTTP requests, keeps parts
// of the answers as variables, and checks the answers.
//
// Every address is dialled through the egress policy. Answers are hostile:
// their headers, bodies, redirects and the time they take are bounded. The
// package knows the plan language and the contract of executors, and nothing of
// runs, queues or the graph.
package api
