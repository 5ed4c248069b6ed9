// Package executors holds the contract between the orchestration and the
// things that perform cases: Executor, Sink, Event, Attachment.
//
// Executors know the plan language and their own drivers. They know nothing of
// the graph, the database, the queue or the events of a run, and never import
// one another.
package executors
