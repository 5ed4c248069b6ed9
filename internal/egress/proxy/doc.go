// Package proxy is a forward proxy for programs that dial by themselves, such as
// a browser: every connection of theirs is made here, by the egress policy.
//
// It listens on loopback, and answers only those who know the credentials of a
// session, so that no other program of the machine goes out by it. A session
// belongs to one user of the program, such as a test case: what it could not
// reach is told to it, and its connections end with it.
package proxy
