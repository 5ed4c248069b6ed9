// Package egresstest has what tests of egress need: names that lead where the
// test wants.
package egresstest

import (
	"context"
	"net"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Resolver asks a name server of the test, which answers every name alike: each
// look-up gets the next of the addresses, and none when they are used up.
func Resolver(t testing.TB, answers ...[4]byte) *net.Resolver {
	t.Helper()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			var query dnsmessage.Message
			if err := query.Unpack(buf[:n]); err != nil || len(query.Questions) != 1 {
				continue
			}
			reply := dnsmessage.Message{Questions: query.Questions}
			reply.ID, reply.Response, reply.RecursionAvailable = query.ID, true, true
			if q := query.Questions[0]; q.Type == dnsmessage.TypeA && len(answers) > 0 {
				reply.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: answers[0]},
				}}
				answers = answers[1:]
			}
			packed, err := reply.Pack()
			if err != nil {
				continue
			}
			_, _ = server.WriteTo(packed, from) // the resolver asks again
		}
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", server.LocalAddr().String())
	}}
}
