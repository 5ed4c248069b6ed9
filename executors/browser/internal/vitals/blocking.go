package vitals

// longTask is how long a task may take, in ms, before it blocks.
const longTask = 50

// Task is a stretch of work on the page's main thread, in ms since it was opened.
type Task struct{ Start, Duration float64 }

// BlockingTime is Total Blocking Time in ms: what tasks take beyond 50 ms, as far
// as they lie between two moments.
func BlockingTime(tasks []Task, from, to float64) float64 {
	total := 0.0
	for _, t := range tasks {
		length := min(t.Start+t.Duration, to) - max(t.Start, from)
		total += max(0, length-longTask)
	}
	return total
}
