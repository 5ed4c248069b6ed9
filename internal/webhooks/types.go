package webhooks

import (
	"slices"

	"github.com/semantest/semantest/ent"
)

// Type is the type of a CloudEvent.
type Type string

// The types. A run that has ended is told by exactly one of ExecutionCompleted
// and ExecutionFailed.
const (
	ExecutionStarted    Type = "test.execution.started"   // the first case of a run began
	ExecutionProgress   Type = "test.execution.progress"  // another tenth of its cases is finished
	ExecutionCompleted  Type = "test.execution.completed" // it has passed
	ExecutionFailed     Type = "test.execution.failed"    // it has ended without passing
	QualityAssessed     Type = "test.quality.assessed"    // a run or a result was assessed
	AnomalyDetected     Type = "test.anomaly.detected"    // a value of a case does not fit the runs before
	GenerationStarted   Type = "ai.generation.started"    // tests are being generated
	GenerationCompleted Type = "ai.generation.completed"  // generated tests are there
	GenerationFailed    Type = "ai.generation.failed"     // nothing came of it
	GenerationCancelled Type = "ai.generation.cancelled"  // somebody has stopped it
	Ping                Type = "semantest.webhook.ping"   // someone tries a webhook out
)

// Types lists those that a webhook can choose; a ping is sent to the webhook
// that it is for, whatever it has chosen.
func Types() []Type {
	return []Type{
		ExecutionStarted, ExecutionProgress, ExecutionCompleted, ExecutionFailed,
		QualityAssessed, AnomalyDetected, GenerationStarted, GenerationCompleted, GenerationFailed, GenerationCancelled,
	}
}

// wants reports whether a webhook with these types is told about t.
func wants(chosen []string, t Type) bool {
	return len(chosen) == 0 || slices.Contains(chosen, string(t))
}

func typeNames(types []Type) []string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
	}
	return out
}

// TypesOf returns what a webhook has chosen; empty means all.
func TypesOf(w *ent.Webhook) []Type {
	out := make([]Type, len(w.Types))
	for i, name := range w.Types {
		out[i] = Type(name)
	}
	return out
}
