// Package child runs a browser, or what a browser needs, as a process of ours,
// and sees to it that nothing of it stays behind: no process and no file. It
// dies when this process does.
package child
