// Package byrules makes cases without a model, of an OpenAPI document. The same
// document makes the same cases.
//
// It is pure: it reads what it is given and reaches nothing.
package byrules
