// Package dataloader batches the reads of one response: fields of many objects
// become one query.
//
// Loaders belong to the response and not to the HTTP request, because all
// events of a socket share one request.
package dataloader
