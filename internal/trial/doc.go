// Package trial performs generated cases before anybody has accepted them: at
// once, without a run, and without keeping anything. It joins the executors to
// what internal/generation/accept asks for.
package trial
