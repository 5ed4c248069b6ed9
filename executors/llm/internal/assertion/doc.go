// Package assertion judges what a language model said, by the assertion types
// and the names of promptfoo, so that what a team has written for that can be
// carried over. Each type is a pure function of the output and of what stands in
// the plan; what needs a model to judge lives elsewhere.
//
// Every judgement is a score from 0 to 1 beside pass or fail, since a case weighs
// several of them. "not-" before a type turns both around.
package assertion
