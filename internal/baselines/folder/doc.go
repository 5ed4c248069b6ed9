// Package folder keeps the baselines of a plan in files beside it, so that they
// are versioned with it: __baselines__/PLAN/CASE/NAME-BROWSER-WIDTHxHEIGHT.png,
// further variants with .2, .3 and so on before the ending. What waits for a
// person lies below __baselines__/PLAN/.pending until it is accepted or
// rejected.
//
// It knows files and the plan language's words, and no server.
package folder
