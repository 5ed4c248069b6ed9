// Package edge is what every request passes before it is looked at: whom it
// comes from behind trusted proxies, how slowly it may be sent, which pages of
// others may read the answer, and what headers every answer carries. It knows
// certificates too, and nothing of what the server serves.
package edge
