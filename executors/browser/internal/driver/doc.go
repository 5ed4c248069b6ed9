// Package driver is what the browser executor asks of a browser, whatever
// protocol it speaks: interfaces, the values that pass through them, and the
// table of what each engine can do. It knows no protocol and no plan.
//
// Everything that every engine can do stands in Browser and Page. What only some
// can do is a power: an interface of its own in powers.go, which a Page may have
// or not, and a Capability, by which a step is skipped by name where the engine
// lacks it. A driver never does nothing in silence: what it cannot do, it does
// not claim.
//
// To add a power: a Capability with its words, an interface in powers.go, its
// methods on the pages of the engines that have it, the capability in their
// Capabilities, and what needs it in the executor's table (needs.go).
package driver
