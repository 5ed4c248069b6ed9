// Package llm is the one way to language models: any endpoint that speaks
// OpenAI's API, through the egress policy.
//
// A Client asks its providers in order, the primary one first:
//
//	client, err := llm.New(llm.Options{Providers: …, Policy: policy})
//	answer, err := client.Generate(ctx, llm.Request{
//		Account: llm.Account{Project: id, Run: id}, // whose budget and whose cache
//		Purpose: "judge", Prompt: "judge/ui@3",     // for metrics; for the cache
//		System:  …, Messages: []llm.Message{{Text: …}},
//		Schema:  schema,                            // the answer is JSON that it holds for
//	})
//
// Generate returns an answer that is whole and, with a schema, valid; Stream
// gives it piece by piece; Embed returns vectors. Whatever else comes of it is an
// error whose Reason tells it: NotConfigured, Rejected (a wrong key, a model that
// does not exist), Refused, Truncated, Unavailable, InvalidAnswer, BudgetSpent.
// Callers never make an answer up: what has none was not assessed.
//
// What a request goes through: the cache (Cache), the budget (Budget), the
// provider's circuit breaker, the rungs by which it can be asked for JSON
// (ladder.go), our own validation, one repair, and then the next provider.
//
// What a page, a target or a person has written is put into a message by Block,
// which says where it begins and ends. That does not make it harmless: answers
// are picked from closed lists, and facts bound them in code.
//
// Package llmtest has a server that misbehaves in every known way.
package llm
