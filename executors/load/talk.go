package load

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"time"

	"github.com/theory/jsonpath"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	defaultWithin = 5 * time.Second // as in api cases
	listenSlice   = time.Second     // how often a user who listens asks whether the scenario is over
	maxKeptBack   = 32              // messages that were looked at and belong to what comes later
	maxDocument   = 1 << 20         // bytes of a file with a GraphQL document
)

// talk is a step in which messages go over a connection of its own.
type talk struct {
	url       string
	headers   map[string]string
	protocols []string
	graphql   *spec.GraphQL // of a subscription
	acts      []spec.StreamAct
	fill      bool             // the acts hold variables
	first     []int            // index of the first check of each act among those of the step
	sentAt    []*jsonpath.Path // of each act
}

// conversation prepares a step that talks.
func (r *run) conversation(s *step) error {
	t := &talk{}
	switch w, g := s.source.WebSocket, s.source.GraphQL; {
	case w != nil:
		t.url, t.headers, t.protocols, t.acts = httpAddress(w.URL), w.Headers, w.Protocols, w.Messages
	case g != nil:
		own := *g
		if g.File != "" {
			text, err := r.document(g.File)
			if err != nil {
				return err
			}
			own.Query, own.File = text, ""
		}
		t.url, t.headers, t.protocols, t.acts, t.graphql = own.URLOr(), own.Headers, []string{"graphql-transport-ws"}, own.Events, &own
	default:
		return executors.Errorf("the step %q is %s, and a load cannot perform it", s.title, s.source.Action())
	}
	t.fill = len(spec.References(t.acts)) > 0
	for _, a := range t.acts {
		t.first = append(t.first, len(s.asks))
		path := ""
		for _, e := range expectations(a) {
			for _, c := range e.Checks {
				s.asks = append(s.asks, question(c))
			}
			s.asks = append(s.asks, "message arrives")
			path = e.SentAt
		}
		switch {
		case a.Listen != nil:
			path = a.Listen.SentAt
		case a.ExpectNone != nil:
			s.asks = append(s.asks, "no message arrives")
		case a.ExpectClose != nil:
			s.asks = append(s.asks, "connection closes")
		}
		var compiled *jsonpath.Path
		if path != "" {
			var err error
			if compiled, err = jsonpath.Parse(path); err != nil {
				return executors.Errorf("sentAt of the step %q is not a JSONPath: %w", s.title, err)
			}
		}
		t.sentAt = append(t.sentAt, compiled)
	}
	s.asks = append(s.asks, "connection opens")
	s.talk = t
	return nil
}

func (r *run) document(ref string) (string, error) {
	f, name, err := executors.OpenFile(r.task.Files, ref)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil && len(data) > maxDocument {
		err = errors.New("it is larger than the limit of 1 MiB")
	}
	if err != nil {
		return "", executors.Errorf("the file %s cannot be read: %w", name, err)
	}
	return string(data), nil
}

func expectations(a spec.StreamAct) []spec.Expected {
	if a.Expect != nil {
		return []spec.Expected{*a.Expect}
	}
	return a.ExpectAll
}

func httpAddress(text string) string {
	if rest, ok := strings.CutPrefix(text, "ws://"); ok {
		return "http://" + rest
	}
	if rest, ok := strings.CutPrefix(text, "wss://"); ok {
		return "https://" + rest
	}
	return text
}

// session is one performance of a talk.
type session struct {
	*user
	step    *step
	key     key
	socket  *socket
	request *executors.HTTPRequest
	asked   time.Time // when something was sent last, or the connection was open
	back    []arrived // looked at, and for what comes later
}

// arrived is a message and when it came.
type arrived struct {
	data   []byte
	binary bool
	at     time.Time
}

// converse performs a step that talks.
func (u *user) converse(s *step) (passed, interrupted bool) {
	d := &session{user: u, step: s, key: key{scenario: u.scenario.index, step: s.index}}
	began := time.Now()
	request, origin, payload, err := u.opening(s)
	if err != nil {
		u.run.giveUp(err)
		return false, true
	}
	d.request = request
	d.socket, err = u.openSocket(request, origin, s.talk.protocols, s.timeout)
	if err == nil && payload != nil {
		err = d.subscribe(payload)
	}
	opened := err == nil
	d.asked = time.Now()
	opening := d.asked.Sub(began)
	d.count(len(s.asks)-1, opened)
	if opened {
		passed, err = d.perform()
	}
	if d.socket != nil {
		if err == nil {
			_ = d.socket.bye(1000, "") // what was to be said was said
		}
		u.wires.drop(d.socket.conn)
	}
	u.run.recorder.session(u.shard, d.key, opening, time.Since(began), opened, !passed)
	if err != nil && (u.scenario.killed.Err() != nil || u.wires.isCut()) {
		return false, true
	}
	if err != nil {
		if e, timed := errors.AsType[net.Error](err); opened && timed && e.Timeout() {
			err = errTimeout
		} else if opened && isNetwork(err) || errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: %w", errClosed, err)
		}
		u.run.failed(s, opened, err)
		if !opened {
			u.sleep(refusedPause)
		}
	}
	return passed, false
}

// opening is the request that opens the connection and, for a subscription, what
// is subscribed to.
func (u *user) opening(s *step) (*executors.HTTPRequest, string, []byte, error) {
	t := s.talk
	filled, err := spec.Expand(u.task.Scope, struct {
		URL     string
		Headers map[string]string
	}{t.url, t.headers})
	if err != nil {
		return nil, "", nil, executors.Errorf("the step %q cannot be filled in: %w", s.title, err)
	}
	request, err := u.run.executor.exchanges.Prepare(u.task, spec.HTTPRequest{URL: filled.URL, Headers: filled.Headers})
	if err == nil {
		err = u.run.allowed(request.URL)
	}
	if err != nil || t.graphql == nil {
		return request, originOfMaybe(request), nil, err
	}
	payload, err := u.subscription(t.graphql)
	return request, originOf(request.URL), payload, err
}

func originOfMaybe(r *executors.HTTPRequest) string {
	if r == nil {
		return ""
	}
	return originOf(r.URL)
}

// perform performs the acts in order, up to the first that does not pass.
func (d *session) perform() (bool, error) {
	acts := d.step.talk.acts
	for i, a := range acts {
		if d.step.talk.fill {
			var err error
			if a, err = spec.Expand(d.task.Scope, a); err != nil {
				return false, executors.Errorf("what is sent or expected in %q cannot be filled in: %w", d.step.title, err)
			}
		}
		if passed, err := d.act(i, a); err != nil || !passed {
			return false, err
		}
	}
	return true, nil
}

func (d *session) act(i int, a spec.StreamAct) (bool, error) {
	first := d.step.talk.first[i]
	switch {
	case a.Send != nil:
		return true, d.sendMessage(*a.Send)
	case a.Expect != nil, a.ExpectAll != nil:
		return d.expect(i, first, expectations(a))
	case a.ExpectNone != nil:
		return d.expectNone(first, *a.ExpectNone)
	case a.Listen != nil:
		return true, d.listen(i, time.Duration(a.Listen.For))
	case a.Close != nil:
		code := a.Close.Code
		if code == 0 {
			code = 1000
		}
		return true, d.socket.bye(code, a.Close.Reason)
	case a.ExpectClose != nil:
		return d.expectClose(first, *a.ExpectClose)
	}
	return true, nil
}

// count counts a check of the step.
func (d *session) count(check int, passed bool) {
	d.run.recorder.check(d.shard, asked{d.scenario.index, d.step.index, check}, passed)
}

func (d *session) note(text string) { d.run.notes.add(d.step.title + ": " + text) }

func (d *session) sendMessage(out spec.Outgoing) error {
	var data []byte
	var err error
	switch {
	case out.JSON != nil:
		data, err = json.Marshal(out.JSON.V)
	case out.Binary != nil:
		data, err = base64.StdEncoding.DecodeString(*out.Binary)
	case out.Text != nil:
		data = []byte(*out.Text)
	}
	if err != nil {
		return executors.Errorf("a message of %q cannot be written: %w", d.step.title, err)
	}
	d.asked = time.Now()
	if err := d.socket.send(data, out.Binary != nil); err != nil {
		return err
	}
	d.run.recorder.message(d.shard, d.key, max(1, int64(len(data))), 0, 0, false)
	return nil
}

// receive takes the next message. Act says by which path its time of sending is
// found; without one, a message that was waited for is timed from what was sent
// last.
func (d *session) receive(act int, deadline time.Time, waited bool) (arrived, error) {
	if len(d.back) > 0 {
		m := d.back[0]
		d.back = d.back[1:]
		return m, nil
	}
	for {
		data, binaryMessage, err := d.socket.next(deadline)
		if err != nil {
			return arrived{}, err
		}
		m := arrived{data, binaryMessage, time.Now()}
		if d.step.talk.graphql != nil {
			payload, mine, err := d.unwrap(data)
			if err != nil {
				return arrived{}, err
			}
			if !mine {
				continue
			}
			m.data = payload
		}
		took, timed := m.at.Sub(d.asked), waited
		if path := d.step.talk.sentAt[act]; path != nil {
			took, timed = sentAt(path, m)
		}
		d.run.recorder.message(d.shard, d.key, 0, max(1, int64(len(data))), max(0, took), timed)
		return m, nil
	}
}

// sentAt is how long a message took, by the time that it holds.
func sentAt(path *jsonpath.Path, m arrived) (time.Duration, bool) {
	var doc any
	if json.Unmarshal(m.data, &doc) != nil {
		return 0, false
	}
	found := path.Select(doc)
	if len(found) != 1 {
		return 0, false
	}
	switch v := found[0].(type) {
	case string:
		at, err := time.Parse(time.RFC3339Nano, v)
		return m.at.Sub(at), err == nil
	case float64:
		if math.Abs(v) > 1e15 { // beyond what a time in ms can be
			return 0, false
		}
		return m.at.Sub(time.UnixMicro(int64(v * 1000))), true
	}
	return 0, false
}

// listen takes what arrives for some time. It ends with the scenario.
func (d *session) listen(act int, length time.Duration) error {
	d.back = nil
	for end := time.Now().Add(length); ; {
		now := time.Now()
		if !now.Before(end) || d.asksToLeave() {
			return nil
		}
		slice := now.Add(listenSlice)
		if slice.After(end) {
			slice = end
		}
		if _, err := d.receive(act, slice, false); err != nil && !errors.Is(err, errQuiet) {
			return err
		}
	}
}

func (d *session) asksToLeave() bool { return d.user.asked() }

func (d *session) expectClose(check int, e spec.ExpectedClose) (bool, error) {
	deadline := time.Now().Add(e.Within.Or(defaultWithin))
	for {
		_, _, err := d.socket.next(deadline)
		end, closed := errors.AsType[closedError](err)
		switch {
		case closed:
			passed := (e.Code == nil || fits(*e.Code, spec.NumberActual(end.code))) && (e.Reason == nil || fits(*e.Reason, spec.TextActual(end.reason)))
			d.count(check, passed)
			if !passed {
				d.note(end.Error())
			}
			return passed, nil
		case errors.Is(err, errQuiet):
			d.count(check, false)
			d.note("the target did not close the connection in time")
			return false, nil
		case err != nil:
			d.count(check, false)
			return false, err
		}
	}
}
