package shop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve opens a shop on the listener, and closes both when the context ends.
// It returns nil after an orderly end.
func Serve(ctx context.Context, ln net.Listener, opts ...Option) error {
	s := New(opts...)
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	select {
	case err := <-done:
		return errors.Join(fmt.Errorf("serve the shop: %w", err), s.Close())
	case <-ctx.Done():
	}
	closing := s.Close() // first, so that delayed answers do not hold up the end
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("shut the shop down: %w", err), server.Close())
	}
	<-done
	return errors.Join(err, closing)
}
