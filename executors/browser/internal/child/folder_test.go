package child

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestProfilesSurviveCleaning: folders are made while others clean up.
func TestProfilesSurviveCleaning(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					RemoveLeftovers()
				}
			}
		})
	}
	for range 200 {
		p, err := newFolder(-1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(p.dir, ownerFile)); err != nil {
			t.Fatal(err)
		}
		if err := p.remove(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
}

func TestLeftovers(t *testing.T) {
	t.Parallel()
	left, err := newFolder(-1)
	if err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp("", makingPrefix) //nolint:usetesting // what is tested is this very folder
	if err != nil {
		t.Fatal(err)
	}
	young, err := os.MkdirTemp("", makingPrefix) //nolint:usetesting // what is tested is this very folder
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(making, old, old); err != nil {
		t.Fatal(err)
	}
	RemoveLeftovers()
	if _, err := os.Stat(left.dir); err != nil {
		t.Errorf("a folder in use: %v", err)
	}
	if err := left.lock.Close(); err != nil { // as its owner's death does
		t.Fatal(err)
	}
	// Somebody else may be removing it at the same moment.
	deadline := time.Now().Add(10 * time.Second)
	for _, dir := range []string{left.dir, making} {
		for exists(dir) {
			if time.Now().After(deadline) {
				t.Fatalf("%s was left", dir)
			}
			RemoveLeftovers()
		}
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a folder that is just being made: %v", err)
	}
	if err := os.Remove(young); err != nil {
		t.Error(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
