package spec

import (
	"encoding/base64"
	"strings"

	"go.yaml.in/yaml/v3"
)

// stream checks the steps that talk over a connection.
func (v *validator) stream(s *APIStep, c *Case) {
	switch {
	case s.WebSocket != nil:
		w := s.WebSocket
		if v.sound(&w.URL) {
			v.address(v.at(&w.URL), httpAddress(w.URL), true)
		}
		v.headers(&w.Headers, w.Headers)
		v.opened(v.at(w), w.On, "as", "protocols", "headers")
	case s.SSE != nil:
		e := s.SSE
		if v.sound(&e.URL) {
			v.address(v.at(&e.URL), e.URL, true)
		}
		v.headers(&e.Headers, e.Headers)
		v.opened(v.at(e), e.On, "as", "method", "headers", "json", "lastEventId")
	case s.GraphQL != nil:
		v.graphql(s.GraphQL)
	default:
		return
	}
	action, _, acts := s.script()
	for i := range acts {
		v.act(&acts[i], c, action)
	}
	if s.GraphQL != nil && s.GraphQL.On == "" {
		return // an operation has an answer; whether it is a subscription is known later
	}
	at := v.at(s)
	for _, key := range []string{"capture", "check", "until"} {
		if k := at.get(key); k != nil {
			v.report(k.onKey(), "%q goes with an action that gets one answer; for %q write it under expect", key, action)
		}
	}
}

// opened refuses what says how to open a connection that is open already.
func (v *validator) opened(at *place, on string, keys ...string) {
	if on == "" {
		return
	}
	for _, key := range keys {
		if k := at.get(key); k != nil {
			v.report(k.onKey(), "%q goes with a new connection, and %q is open already", key, on)
		}
	}
}

func (v *validator) graphql(g *GraphQL) {
	if v.sound(&g.URL) {
		v.address(v.at(&g.URL), g.URL, true)
	}
	if g.File != "" && v.sound(&g.File) {
		v.file(v.at(&g.File), g.File)
	}
	v.headers(&g.Headers, g.Headers)
	v.opened(v.at(g), g.On, "url", "as", "operationName", "variables", "headers", "validate", "errors", "transport", "init")
}

// act checks one thing to send or to expect.
func (v *validator) act(a *StreamAct, c *Case, action string) {
	if action != "websocket" {
		for _, key := range []string{"send", "close"} {
			if k := v.at(a).get(key); k != nil {
				v.report(k.onKey(), "%q goes with websocket; a %s step only listens", key, action)
			}
		}
	}
	if s := a.Send; s != nil && s.Binary != nil && v.sound(&s.Binary) && !hasReference(*s.Binary) {
		if _, err := base64.StdEncoding.DecodeString(*s.Binary); err != nil {
			v.report(v.at(&s.Binary), "%q must be base64: %s", "binary", err)
		}
	}
	for _, e := range a.expectations() {
		if e.Event != "" && action != "sse" {
			v.report(v.at(&e.Event).onKey(), `"event" goes with sse`)
		}
		if e.Binary != nil && action != "websocket" {
			v.report(v.at(&e.Binary).onKey(), `"binary" goes with websocket`)
		}
		v.messageChecks(e.Checks, action)
		for _, name := range sortedKeys(e.Capture) {
			at := v.at(entry{&e.Capture, name}, e)
			v.capture(at, c, name, e.Capture[name])
			for _, key := range messageless {
				if k := at.get(key); k != nil {
					v.report(k.onKey(), "%q is not part of a message", key)
				}
			}
		}
	}
	if q := a.ExpectNone; q != nil {
		v.messageChecks(q.Checks, action)
	}
	if e := a.ExpectClose; e != nil {
		v.matcherOf(e.Code, matchNumber, "code")
		v.matcherOf(e.Reason, matchText, "reason")
	}
	if e := a.Close; e != nil && v.sound(&e.Code) && (e.Code == 1004 || e.Code == 1005 || e.Code == 1006 || e.Code == 1015 || e.Code > 1015 && e.Code < 3000) {
		v.report(v.at(&e.Code), "the close code %d cannot be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999", e.Code)
	}
}

// messageless are subjects that a message has not got.
var messageless = []string{"status", "cookie", "duration", "redirects", "certificate", "timing", "protocol", "grpcStatus"}

func (v *validator) messageChecks(checks []Check, action string) {
	for i := range checks {
		v.check(&checks[i])
		at := v.at(&checks[i])
		keys := messageless
		if action != "sse" {
			keys = append([]string{"header"}, messageless...)
		}
		for _, key := range keys {
			if k := at.get(key); k != nil {
				v.report(k.onKey(), "%q is not part of a message", key)
			}
		}
	}
}

// scriptVariables checks the references of a step that talks: what an act
// captures is known to the next one.
func (v *validator) scriptVariables(s *APIStep, at *place, words vocabulary) {
	action, list, acts := s.script()
	for _, key := range []string{"name", "check", "capture", "until", "timeout"} {
		v.walk(at.get(key), words)
	}
	step := at.get(action)
	if step == nil || step.node.Kind != yaml.MappingNode {
		v.walk(step, words)
		return
	}
	for i := 0; i+1 < len(step.node.Content); i += 2 {
		if key := follow(step.node.Content[i]).Value; key != list {
			v.walk(step.get(key), words)
		}
	}
	for i := range acts {
		v.walk(v.places[&acts[i]], words)
		for _, e := range acts[i].expectations() {
			for name := range e.Capture {
				words.known[name] = true
			}
		}
	}
}

// httpAddress is the address by which a WebSocket is asked for.
func httpAddress(text string) string {
	for ws, web := range map[string]string{"ws://": "http://", "wss://": "https://"} {
		if rest, ok := strings.CutPrefix(text, ws); ok {
			return web + rest
		}
	}
	return text
}
