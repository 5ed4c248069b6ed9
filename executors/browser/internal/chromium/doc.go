// Package chromium finds a Chromium on this machine, starts it and sees to it
// that nothing of it stays behind: no process and no file.
package chromium
