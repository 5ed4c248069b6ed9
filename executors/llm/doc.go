// Package llm performs cases of kind llm: it asks an application or a language
// model, several times where it may vary, and judges the answers.
//
// What can be judged by a rule is (internal/assertion, by promptfoo's names); the
// rest is judged by the model that the server is configured with, which must show
// its evidence. An answer that could not be judged is neither right nor wrong: it
// makes its case errored where it could turn the result around.
//
// Answers are hostile: they are bounded, shown to the judging model as data only,
// and change nothing but their own verdict.
package llm
