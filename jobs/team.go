package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/loadteams"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/spec"
)

const (
	lookEvery  = 100 * time.Millisecond // how often workers look for one another
	readyIn    = time.Minute            // how long members may take to be ready
	teamQuery  = 5 * time.Second        // of one statement of a crew
	otherPause = time.Second            // how long a case waits that another one has its turn before
	// steady is how long the database must have answered before silence counts as
	// loss: after an outage everybody gets the time to say that they live.
	steady = 3 * time.Second
)

// othersFirst is how long a case that needs several workers has to wait for
// another one that is gathering its workers now. It waits in the queue, where it
// holds no slot.
func (h *Host) othersFirst(ctx context.Context, job *river.Job[CaseArgs]) (time.Duration, error) {
	if job.Queue != Queue(spec.KindLoad) {
		return 0, nil
	}
	parts, err := h.runs.PartsOf(ctx, job.Args.RunID, job.Args.ResultID)
	if err != nil || parts < 2 {
		return 0, nil //nolint:nilerr // Claim asks for the same, and tells what is wrong with it
	}
	other, err := h.teams.Gathering(ctx, job.Args.ResultID)
	if err != nil || !other {
		return 0, err
	}
	return otherPause, nil
}

func snooze(wait time.Duration, err error) error {
	if err != nil {
		return err
	}
	return river.JobSnooze(wait)
}

// team brings workers together for one attempt. It implements executors.Team.
type team struct {
	host    *Host
	attempt loadteams.Attempt
}

func attemptOf(c *runs.Claim) loadteams.Attempt {
	r := c.Result
	return loadteams.Attempt{ProjectID: r.ProjectID, RunID: r.RunID, ResultID: r.ID, Number: r.Attempt, WorkerID: c.WorkerID, Timeout: c.Deadline}
}

// Gather implements executors.Team.
func (t *team) Gather(ctx context.Context, others int) (executors.Crew, error) {
	c := &crew{team: t, seen: map[string]int{}, state: map[string]loadteams.State{}}
	err := c.gather(ctx, others)
	if err == nil {
		return c, nil
	}
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return nil, errors.Join(err, c.Close(leave))
}

// crew is who came. It implements executors.Crew.
type crew struct {
	*team
	seen  map[string]int             // the last report of each part that was passed on
	state map[string]loadteams.State // of each part, as it was told
	since time.Time                  // when the database began to answer without a break
}

func (c *crew) gather(ctx context.Context, others int) error {
	limit := time.Now().Add(c.host.gather)
	asked, came := false, 0
	for {
		if !asked {
			a, err := c.host.teams.Ask(ctx, c.attempt, others)
			if err != nil {
				return err
			}
			if a.Other {
				return &executors.Busy{Message: "another load is gathering its workers"}
			}
			asked = a.Done
		} else {
			told, err := c.listen(ctx)
			if err != nil {
				return err
			}
			came = 0
			for _, p := range told {
				switch p.State {
				case loadteams.StateSeated:
					came++
				case loadteams.StateLost, loadteams.StateEnded:
					return &executors.Busy{Message: "the worker " + nameOf(p) + " was lost before the load began"}
				case loadteams.StateWaiting, loadteams.StateReady, loadteams.StateRunning:
				}
			}
			if came == others {
				return nil
			}
		}
		if time.Now().After(limit) {
			return c.missed(ctx, others+1, came+1)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

// missed says why not enough workers came.
func (c *crew) missed(ctx context.Context, need, came int) error {
	slots, used, err := c.host.teams.Slots(ctx, c.attempt)
	if err != nil {
		return err
	}
	if slots >= need && slots-used < need {
		return &executors.Busy{Message: fmt.Sprintf("the load needs %d workers, and others use %d of %d slots for load now", need, used, slots)}
	}
	return executors.Errorf("the load needs %d workers, and %d came within %s: there are %d slots for load; start more workers, or ask for fewer of them",
		need, came, spec.Duration(c.host.gather), slots)
}

// Self implements executors.Crew.
func (c *crew) Self() string { return workerName(c.host.name, c.host.id) }

func workerName(host, id string) string { return host + " (" + id + ")" }

func nameOf(t *loadteams.Told) string { return workerName(t.Host, t.WorkerID) }

// Begin implements executors.Crew.
func (c *crew) Begin(ctx context.Context, briefs [][]byte) (time.Time, error) {
	if err := c.host.teams.Brief(ctx, c.attempt, briefs); err != nil {
		return time.Time{}, err
	}
	for limit := time.Now().Add(readyIn); ; {
		told, err := c.listen(ctx)
		if err != nil {
			return time.Time{}, err
		}
		for _, p := range told {
			switch p.State {
			case loadteams.StateLost:
				return time.Time{}, executors.Errorf("the worker %s of part %d of the load was lost before it began", nameOf(p), p.Part+1)
			case loadteams.StateEnded:
				return time.Time{}, executors.Errorf("part %d of the load could not be performed by the worker %s: %s", p.Part+1, nameOf(p), p.Error)
			case loadteams.StateWaiting, loadteams.StateSeated, loadteams.StateReady, loadteams.StateRunning:
			}
		}
		asked := time.Now()
		in, all, err := c.host.teams.Start(ctx, c.attempt)
		if err != nil {
			return time.Time{}, err
		}
		if all {
			return asked.Add(time.Since(asked)/2 + in), nil
		}
		if time.Now().After(limit) {
			return time.Time{}, executors.Errorf("not all workers of the load were ready within %s", spec.Duration(readyIn))
		}
		if err := pause(ctx, lookEvery); err != nil {
			return time.Time{}, err
		}
	}
}

// listen asks how the parts are.
func (c *crew) listen(ctx context.Context) ([]*loadteams.Told, error) {
	ctx, cancel := context.WithTimeout(ctx, teamQuery)
	defer cancel()
	lose := !c.since.IsZero() && time.Since(c.since) > steady
	told, err := c.host.teams.Listen(ctx, c.attempt, c.seen, lose)
	switch {
	case err != nil:
		c.since = time.Time{}
	case c.since.IsZero():
		c.since = time.Now()
	}
	return told, err
}

// News implements executors.Crew.
func (c *crew) News(ctx context.Context) (out []executors.News, err error) {
	told, err := c.listen(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range told {
		tell := func(state executors.MemberState, report []byte, sentence string) {
			out = append(out, executors.News{Part: p.Part, Worker: nameOf(p), State: state, Report: report, Error: sentence})
		}
		before := c.state[p.PartID]
		c.state[p.PartID] = p.State
		if p.WorkerID != "" && (before == "" || before == loadteams.StateWaiting) {
			tell(executors.MemberCame, nil, "")
		}
		for _, r := range p.Reports {
			c.seen[p.PartID] = r.Number
			tell(executors.MemberReported, r.Data, "")
		}
		switch {
		case p.State == before:
		case p.State == loadteams.StateEnded:
			tell(executors.MemberEnded, nil, p.Error)
		case p.State == loadteams.StateLost:
			tell(executors.MemberLost, nil, "")
		}
	}
	return out, nil
}

// Replace implements executors.Crew.
func (c *crew) Replace(ctx context.Context, part int, brief []byte) error {
	return c.host.teams.Replace(ctx, c.attempt, part, brief)
}

// Stop implements executors.Crew.
func (c *crew) Stop(ctx context.Context) error { return c.host.teams.Stop(ctx, c.attempt) }

// Close implements executors.Crew.
func (c *crew) Close(ctx context.Context) error { return c.host.teams.Dismiss(ctx, c.attempt) }

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
