// Package llmtest serves an OpenAI-compatible API, over real HTTP, that behaves
// and misbehaves as tests want: a Server answers by a script, and each of its
// next requests may meet a Behaviour. It is no model: what it answers is written
// in the test.
package llmtest
