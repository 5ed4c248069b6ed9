package llmtest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Encoder starts a real model for vectors, of 512 dimensions, in a process of its
// own, to be a server's Vector. The test is skipped where it is not installed.
func Encoder(t testing.TB) func(text string) []float32 {
	t.Helper()
	dir := filepath.Join(root(t), "internal", "llm", "llmtest", "encoder")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("the model for vectors is not installed: npm ci in internal/llm/llmtest/encoder does it")
	}
	cmd := exec.CommandContext(t.Context(), "node", "encode.mjs")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	e := &encoder{in: json.NewEncoder(in), out: bufio.NewReader(out)}
	return func(text string) []float32 {
		v, err := e.vector(text)
		if err != nil {
			t.Errorf("the model for vectors: %v", err)
		}
		return v
	}
}

// root is the module's folder, above that of the test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("the test does not run within the module")
		}
		dir = above
	}
}

// encoder asks one question after the other.
type encoder struct {
	mu  sync.Mutex
	in  *json.Encoder
	out *bufio.Reader
}

func (e *encoder) vector(text string) (v []float32, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.in.Encode(text); err != nil {
		return nil, err
	}
	line, err := e.out.ReadBytes('\n')
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return v, json.Unmarshal(line, &v)
}
