package importing

import (
	"encoding/json"
	"fmt"
	"strings"
)

type harFile struct {
	Log struct {
		Entries []harEntry
	}
}

type harEntry struct {
	Request struct {
		Method   string
		URL      string
		Headers  []nameValue
		PostData *struct {
			MimeType string
			Text     string
			Params   []nameValue
		}
	}
	Response struct {
		Status  int
		Content struct{ MimeType string }
	}
}

type nameValue struct{ Name, Value string }

// HAR makes a plan of an HTTP archive: one case that sends the requests in their
// order and asks for the same status codes. What a page loads besides (pictures,
// styles, scripts, fonts) is left out unless all is true.
func HAR(data []byte, all bool) (*Result, error) {
	var file harFile
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("it is no HTTP archive: %w", err)
	}
	d := newDraft("Recorded requests")
	c := draftCase{id: "api.recorded", name: "Recorded requests"}
	left := 0
	for _, e := range file.Log.Entries {
		if !all && besides(e) {
			left++
			continue
		}
		if s, ok := d.fromEntry(e); ok {
			c.steps = append(c.steps, s)
		}
	}
	if left > 0 {
		d.note("%d requests for pictures, styles, scripts and fonts were left out", left)
	}
	d.cases = []draftCase{c}
	d.base("")
	return d.result()
}

func (d *draft) fromEntry(e harEntry) (step, bool) {
	u, ok := webURL(e.Request.URL)
	s := step{method: strings.ToUpper(e.Request.Method)}
	switch {
	case !ok:
		d.note("a request was left out: its address is not one of http or https")
		return s, false
	case !method.MatchString(s.method), s.method == "CONNECT":
		d.note("a request was left out: %q is no method that a plan can send", s.method)
		return s, false
	}
	s.url = d.literal(u.String())
	contentType := ""
	for _, h := range e.Request.Headers {
		if strings.EqualFold(h.Name, "content-type") {
			contentType = h.Value
		}
		d.header(&s, h.Name, h.Value)
	}
	if p := e.Request.PostData; p != nil {
		if contentType == "" {
			contentType = p.MimeType
		}
		if p.Text == "" && len(p.Params) > 0 && len(p.Params) <= 1000 && !strings.HasPrefix(contentType, "multipart/") {
			s.form = map[string][]string{}
			for _, f := range p.Params {
				s.form[d.literal(f.Name)] = append(s.form[d.literal(f.Name)], d.literal(f.Value))
			}
			d.hideForm(s.form)
			dropContentType(s.headers)
		} else {
			d.payload(&s, contentType, p.Text, d.literal)
		}
	}
	if e.Response.Status >= 300 && e.Response.Status < 400 {
		s.noFollow = s.graphql == nil
	}
	if e.Response.Status >= 100 && e.Response.Status < 600 {
		s.status = e.Response.Status
	}
	return s, true
}

// besides says that a page loads this for its looks.
func besides(e harEntry) bool {
	mediaType := strings.ToLower(e.Response.Content.MimeType)
	for _, kind := range []string{"image/", "font/", "video/", "audio/", "text/css", "javascript", "application/font", "application/wasm"} {
		if strings.Contains(mediaType, kind) {
			return true
		}
	}
	return false
}
