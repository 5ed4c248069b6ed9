package agent

import (
	"slices"
	"sync"
)

// The recorder is an agent of its own that tells what a person does.
const (
	// RecorderName is that of the object by which it is called, in the world of
	// the agent.
	RecorderName = Name + "Recorder"

	// Binding is the function by which it tells, which is in that world alone.
	Binding = Name + "Told"
)

// Recorder is its script: an expression that makes it, once in a document.
var Recorder = sync.OnceValue(func() string {
	return "globalThis." + RecorderName + " ??= " + maker(slices.Concat(parts, []string{"record"}))
})
