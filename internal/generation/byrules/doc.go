// Package byrules makes cases without a model: of an OpenAPI document, and of
// pages as a crawl has read them. The same source makes the same cases.
//
// It is pure: it reads what it is given and reaches nothing.
package byrules
