// Package retelling has a language model tell in plain sentences what a report says.
//
// A model may leave out and put in order, and add nothing: each sentence quotes what
// it stands on, and has no number that the report has not. What does not hold is
// dropped; where too little is left, the report keeps the sentences of its template.
package retelling
