// Package audit keeps the log of who did what to which object from where.
//
// Services record in the transaction of the change, so that no change is
// without its entry. Entries are added and, when they are old, removed; the
// database itself refuses to change one.
package audit
