package spec

import "strings"

// requests checks which requests are meant.
func (v *validator) requests(p *RequestPattern) {
	v.regex(v.places[&p.Matches], p.Matches)
}

func (v *validator) route(r *Route) {
	v.requests(&r.RequestPattern)
	at := v.at(r)
	if r.File != "" && v.sound(&r.File) {
		v.file(v.at(&r.File), r.File)
	}
	v.headers(&r.Headers, r.Headers)
	if r.Change != nil {
		v.headers(&r.Change.Headers, r.Change.Headers)
	}
	answers := r.Status != nil || len(r.Headers) > 0 || r.JSON != nil || r.Body != nil || r.File != ""
	switch {
	case at.bad:
	case !answers && r.Abort == "" && r.Change == nil && r.Delay == 0 && !r.Remove:
		v.report(at, `"route" needs something to do: an answer (status, headers, json, body, file), "abort", "change", "delay" or "remove"`)
	case (r.Status != nil || len(r.Headers) > 0) && (r.Abort != "" || r.Change != nil || r.Remove):
		v.report(at, "status and headers go with an answer, and not with abort, change or remove")
	}
	if v.sound(&r.Remove) && !r.Remove {
		v.suggest(v.at(&r.Remove), "true", `"remove" can only be true`)
	}
}

func (v *validator) exchange(p *RequestPattern, headers *map[string]Matcher, body *Matcher, json []JSONCheck, capture *map[string]string) {
	v.requests(p)
	for _, name := range sortedKeys(*headers) {
		m := (*headers)[name]
		if at := v.at(entry{headers, name}, headers); !at.bad {
			v.matcherAt(at, &m, matchHeader, name)
			if m.IsZero() {
				v.report(at, "%s needs a matcher, such as exists: true", brief(name))
			}
			(*headers)[name] = m
		}
	}
	v.matcherOf(body, matchText, "body")
	for i := range json {
		c := &json[i]
		v.narrow(v.places[&c.JSONPath], c.JSONPath)
		v.matcherAt(v.at(c), &c.Matcher, matchAny, "jsonpath")
	}
	for _, name := range sortedKeys(*capture) {
		at := v.at(entry{capture, name}, capture)
		v.reserved(at.onKey(), name)
		v.narrow(at, (*capture)[name])
	}
}

// narrow checks an expression whose cost must be small whatever the page sends.
func (v *validator) narrow(at *place, expression string) {
	v.jsonpath(at, expression)
	if at != nil && !at.bad && strings.Count(expression, "..") > 1 {
		v.report(at, "%s looks through everything more than once: use .. one time at most", brief(expression))
	}
}

// emulation checks what the tags cannot say of a browser's properties.
func (v *validator) emulation(e *Emulation) {
	if e.Device != "" && v.sound(&e.Device) && !hasReference(e.Device) {
		if _, ok := DeviceByName(e.Device); !ok {
			v.suggest(v.at(&e.Device), v.nearest(e.Device, Devices()), "there is no device %s: it is a size such as 390x844, or one of %s",
				brief(e.Device), sentenceList(Devices()))
		}
	}
	if e.TimeZone != "" && v.sound(&e.TimeZone) && !hasReference(e.TimeZone) {
		if _, err := ParseZone(e.TimeZone); err != nil {
			v.report(v.at(&e.TimeZone), "the time zone %s", err)
		}
	}
	if n := e.Network; n != nil && n.Preset != "" && (n.Latency != 0 || n.Download != 0 || n.Upload != 0) && !v.at(n).bad {
		v.report(v.at(n), `a "preset" stands alone`)
	}
}

func (v *validator) setup(s *BrowserSetup) {
	v.emulation(&s.Emulation)
	for i, name := range s.Permissions {
		if v.sound(&s.Permissions[i]) {
			v.permission(v.at(&s.Permissions[i]), name)
		}
	}
	if s.StorageState != "" && v.sound(&s.StorageState) {
		v.file(v.at(&s.StorageState), s.StorageState)
	}
}
