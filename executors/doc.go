// Package executors holds the contract between the orchestration and the
// things that perform cases: Executor, Sink, Event, Attachment.
//
// What every executor would otherwise write anew is here too: RunSteps performs
// steps and reports them in order, OutcomeOf reads a context that has ended, and
// MaskSink hides secrets. Package executortest holds the contract as a suite.
//
// Executors know the plan language and their own drivers. They know nothing of
// the graph, the database, the queue or the events of a run, and never import
// one another.
package executors
