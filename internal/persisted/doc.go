// Package persisted keeps the documents of clients that name an operation by
// its hash: Apollo's automatic persisted queries. What it forgets a client sends
// again.
//
// The processes share documents through Redis, which keeps the newest ones for a
// day after they were last sent; each process keeps some in memory. While Redis
// is away memory alone answers, and nobody waits for Redis longer than a second.
package persisted
