// Package memory tells how much memory processes use and how much is left, by
// what Linux says of processes, of the machine and of control groups. It knows no
// browser.
package memory
