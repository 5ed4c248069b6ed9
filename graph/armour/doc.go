// Package armour refuses operations that would cost too much before they cost
// anything: first by their size, then by the number of their tokens, then by
// their shape, and only then do they reach the validator, whose rules are
// quadratic; last by what they would make the resolvers do.
//
// Each step is linear in what the step before lets through. Fragments are
// counted as often as they are spread but looked at once, so that a document
// which doubles itself thirty times is counted and not walked. What is refused
// leaves nothing behind, and the refusal names the limit, how much there was and
// how much may be.
//
// It stands in gqlgen's executor, so an operation meets it whichever way it
// came: POST, WebSocket or server-sent events.
package armour
