package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args  []string
		fails string
		says  string
	}{
		"opens and closes": {[]string{"--listen", "127.0.0.1:0"}, "", "The shop is open at http://127.0.0.1:"},
		"unknown fault":    {[]string{"--fault", "fire"}, "unknown fault", ""},
		"unknown flag":     {[]string{"--port", "1"}, "flag provided but not defined", ""},
		"no such address":  {[]string{"--listen", "256.0.0.1:1"}, "listen on 256.0.0.1:1", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // an open shop closes at once
			var stderr bytes.Buffer
			err := run(ctx, tc.args, &stderr)
			if (err == nil) != (tc.fails == "") || (err != nil && !strings.Contains(err.Error(), tc.fails)) {
				t.Errorf("error %v, want %q", err, tc.fails)
			}
			if !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("said %q, want %q", stderr.String(), tc.says)
			}
		})
	}
}
