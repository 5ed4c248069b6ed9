// Package judge lets a language model judge a run, and believes it as far as
// code can check.
//
// A Case holds rubrics (checklists with yes-or-no questions, from versioned
// files), what was measured, and excerpts of the evidence. Judge asks for several
// votes at once, each one call for all criteria; every other vote gets items and
// evidence in the opposite order. Then it is code that decides:
//
//   - an answer is picked from a closed list and quotes the evidence word for
//     word; what is quoted and does not stand there drops the answer,
//   - an item is decided by most of the votes that were asked for, and left open
//     otherwise,
//   - a score never exceeds what was measured, nor the caps of the rules judge,
//   - the confidence comes from how far the votes agree; a model's own is never
//     asked for.
//
// Where no judgement comes about, the assessment is not assessed and says why.
//
// The room is pure but for the model that it is given.
package judge
