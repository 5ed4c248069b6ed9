package webhooks

import (
	"context"
	"fmt"
	"slices"

	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/store"
)

// Tell tells the webhooks of a project what has happened in one of its runs. It
// is called in the transaction that records the events, with all of them that it
// records, in order. Most of them are told to nobody and cost nothing; a run's
// start, its end and each tenth of its cases cost one read where no webhook
// wants them.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, evs []events.Event) error {
	told := translate(evs)
	if len(told) == 0 {
		return nil
	}
	types := make([]Type, len(told))
	for i, n := range told {
		types[i] = n.typ
	}
	projectID := told[0].event.ProjectID
	to, err := s.interested(ctx, tx, projectID, types)
	if err != nil || len(to) == 0 {
		return err
	}
	messages := make([]CloudEvent, len(told))
	for i, n := range told {
		data, err := s.dataOf(ctx, tx, n)
		if err != nil {
			return err
		}
		e := n.event
		m := s.message(projectID, fmt.Sprintf("%s-%d", e.RunID, e.Seq), n.typ, e.RunID, e.At, data)
		m.Sequence = fmt.Sprintf("%010d", e.Seq)
		messages[i] = m
	}
	_, err = s.post(ctx, tx, projectID, to, messages)
	return err
}

// dataOf is what a message says.
func (s *Service) dataOf(ctx context.Context, tx *store.Tx, n news) (any, error) {
	switch n.typ {
	case QualityAssessed:
		return s.qualityData(ctx, tx, n.event)
	case AnomalyDetected:
		return s.anomalyData(ctx, tx, n.event)
	}
	return s.executionData(ctx, tx, n)
}

// news is an event of a run that webhooks are told.
type news struct {
	typ   Type
	event events.Event
}

// translate picks the events that are told, each at most once.
func translate(evs []events.Event) []news {
	var out []news
	for i := 0; i < len(evs); i++ {
		e := evs[i]
		switch e.Type {
		case events.RunStarted:
			out = append(out, news{ExecutionStarted, e})
		case events.AssessmentCompleted:
			out = append(out, news{QualityAssessed, e})
		case events.AnomalyDetected:
			out = append(out, news{AnomalyDetected, e})
		case events.RunFinished:
			out = append(out, news{ending(e.Status), e})
		case events.CaseFinished:
			// Cases that end together, as those that a stop cancels, carry the same
			// counts. They are one step forward.
			together := 1
			for i+1 < len(evs) && evs[i+1].Type == events.CaseFinished && evs[i+1].Counts == e.Counts {
				together++
				i++
			}
			if e = evs[i]; passesTenth(e, together) {
				out = append(out, news{ExecutionProgress, e})
			}
		}
	}
	return slices.Clip(out)
}

// ending is the type that tells a run's last status.
func ending(status string) Type {
	if status == "passed" {
		return ExecutionCompleted
	}
	return ExecutionFailed
}

// passesTenth reports whether n cases that have just finished took their run
// over another tenth of its cases. It depends on the event alone, so each tenth
// is told once, whichever process records it. The end is told by a type of its
// own, and cases that are skipped before the run starts are no progress.
func passesTenth(e events.Event, n int) bool {
	c := e.Counts
	if c.Total == 0 || c.Finished >= c.Total || e.Status == "queued" {
		return false
	}
	return tenths(c.Finished, c.Total) > tenths(c.Finished-n, c.Total)
}

func tenths(finished, total int) int { return 10 * finished / total }
