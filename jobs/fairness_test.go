package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/spec"
)

// A run of ten thousand cases delays one of five by its share: what it has
// queued at that moment, and no more.
func TestLargeRunLeavesRoomForASmallOne(t *testing.T) {
	t.Parallel()
	const parallel = 100
	var mu sync.Mutex
	started := map[string]int{} // cases by run
	largeAtLast := 0            // cases of the large run that had begun when the small one's last did
	large := ""
	saturated := make(chan struct{})
	executor := fake.New(spec.KindAPI, fake.OnStart(func(task executors.Task) {
		mu.Lock()
		defer mu.Unlock()
		if started[task.RunID]++; task.RunID == large && started[large] == 2*parallel {
			close(saturated)
		}
		if task.RunID != large {
			largeAtLast = started[large]
		}
	}))
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{executor}})
	numbers := make([]string, 100)
	for i := range numbers {
		numbers[i] = fmt.Sprintf(`"%d"`, i)
	}
	list := strings.Join(numbers, ", ")
	mu.Lock()
	large = s.Run(t, fmt.Sprintf(`
version: "1"
name: Large
env: {BASE_URL: "http://127.0.0.1:1"}
use: {parallel: %d}
cases:
  - {id: c, kind: api, tags: [fake.delay-5ms], matrix: {a: [%s], b: [%s]}, steps: [{http: /}]}
`, parallel, list, list))
	mu.Unlock()
	select {
	case <-saturated:
	case <-time.After(time.Minute):
		t.Fatal("the large run does not get going")
	}
	mu.Lock()
	before := started[large]
	mu.Unlock()
	small := s.Run(t, plan("{}", "ok", "ok", "ok", "ok", "ok"))
	contiguous(t, s.Follow(t, small))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Client.StopRun(ctx, large); err != nil {
		t.Fatal(err)
	}
	s.Follow(t, large)
	mu.Lock()
	defer mu.Unlock()
	if started[small] != 5 {
		t.Fatalf("%d cases of the small run began, want 5", started[small])
	}
	// While the small run is being stored the large one goes on; what counts is
	// that it is far from having to end first.
	if during := largeAtLast - before; during > 10_000/4 {
		t.Errorf("%d cases of the large run began before the small one's last", during)
	} else {
		t.Logf("%d cases of the large run began before the small one's last", during)
	}
}
