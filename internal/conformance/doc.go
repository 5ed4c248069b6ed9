// Package conformance answers on demand what contract and API cases look at in
// a run: whether a schema is valid and a document conforms to it, whether an
// answer is what an OpenAPI document says, and what a new version of a document
// breaks.
//
// It owns who may ask and how much at once, and declares the Judge that it
// needs. It stores nothing and reaches nothing: what is judged comes with the
// question.
package conformance
