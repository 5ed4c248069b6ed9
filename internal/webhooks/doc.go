// Package webhooks tells other systems what happens in a project: as CloudEvents
// 1.0, signed by the rules of Standard Webhooks.
//
// A message is written in the transaction of what it tells, one delivery for
// each webhook that wants it, together with the job of its first try. So nothing
// is told that did not happen, and nothing that happened is forgotten. A try
// records what came of it and enqueues the next one in one transaction; the
// number of the try fences it, as a job can be delivered twice.
//
// A receiver can get a message more than once (the id is the same each time) and
// messages in another order than they happened (the sequence tells).
//
// The room is the only writer of its rows and knows nothing of the queue or of
// which addresses may be reached: both are handed in.
package webhooks
