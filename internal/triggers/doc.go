// Package triggers lets other systems start runs of a plan with a signed
// request. It is the only writer of triggers. Requests are signed as
// standardwebhooks.com describes; a request that comes again starts nothing.
package triggers
