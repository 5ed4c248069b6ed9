package browser

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// recorded is a step that was done.
type recorded struct {
	step  spec.BrowserStep
	page  *page
	place driver.Place // of the element's document
	id    int          // of the element in it
	field bool         // a click that a fill of the same field makes needless
	at    time.Time
}

// told is what the recorder of a document tells. A page has made the texts.
type told struct {
	Do      string   `json:"do"`
	ID      int      `json:"id"`
	Top     bool     `json:"top"`
	Hello   bool     `json:"hello"`
	Note    string   `json:"note"`
	Pick    string   `json:"pick"`
	Locator *locator `json:"locator"`
	To      *locator `json:"to"`
	Field   bool     `json:"field"`

	Value     string   `json:"value"`
	Option    string   `json:"option"`
	Secret    string   `json:"secret"` // name of a variable; empty where the value is no secret
	Files     []string `json:"files"`
	Button    string   `json:"button"`
	Modifiers []string `json:"modifiers"`
	Key       string   `json:"key"`
}

// secret is what was typed into a secret field.
type secret struct {
	variable, value string
}

const maxTold = 128 << 10

// hear takes what has happened since.
func (rec *recording) hear(ctx context.Context) {
	list, lost := rec.queue.take()
	if lost {
		rec.note("more happened at once than can be recorded, and some of it was lost")
	}
	for i, h := range list {
		switch e := h.event.(type) {
		case driver.Told:
			rec.onTold(ctx, h.page, e)
		case driver.Pointed:
			rec.onPointed(ctx, h.page, e)
		case driver.DialogOpened:
			rec.onDialogOpened(e)
		case driver.DialogClosed:
			rec.onDialogClosed(e)
		case driver.PopupOpened:
			rec.onPopupOpened(ctx, e)
		case driver.PopupClosed:
			rec.onPopupClosed(e)
		case driver.Leaving:
			if w := rec.at[h.page]; w != nil && e.On {
				w.asked = true
			}
		case driver.Navigated:
			rec.onNavigated(ctx, h.page, e.URL)
		case driver.MovedWithin:
			// A page may move by the hundred; the last place is what counts.
			if !slices.ContainsFunc(list[i+1:], func(later happening) bool { return later.page == h.page }) {
				rec.onNavigated(ctx, h.page, "")
			}
		}
	}
}

func (rec *recording) onTold(ctx context.Context, pg *page, e driver.Told) {
	var t told
	if len(e.Payload) > maxTold || json.Unmarshal([]byte(e.Payload), &t) != nil {
		return
	}
	switch {
	case t.Hello:
		rec.around(ctx, pg, e.Place, t.Top)
	case t.Note != "":
		rec.note("%s", oneLine(short(t.Note, 200)))
	case t.Pick != "":
		rec.pick(ctx, pg, t.Pick)
	case t.Do != "":
		s, ok := rec.stepOf(t, rec.around(ctx, pg, e.Place, t.Top))
		if !ok {
			return
		}
		rec.put(recorded{step: s, page: pg, place: e.Place, id: t.ID, field: t.Field && t.Do == "click", at: time.Now()})
	}
}

// around returns the frames around a document. Where they can't be found any
// more, it is those that were there when it was shown.
func (rec *recording) around(ctx context.Context, pg *page, at driver.Place, top bool) []spec.Locator {
	power, ok := driver.Power[driver.Recorder](pg.Page)
	if top || !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, slice)
	defer cancel()
	answers, err := power.Around(ctx, at, "locatorOf")
	var frames []spec.Locator
	for _, raw := range answers {
		var one struct {
			Locator *locator `json:"locator"`
		}
		if json.Unmarshal(raw, &one) != nil || one.Locator == nil {
			return rec.frames[at]
		}
		frames = append(frames, one.Locator.plain())
	}
	if err != nil {
		return rec.frames[at]
	}
	if len(rec.frames) >= maxLoads {
		clear(rec.frames)
	}
	rec.frames[at] = frames
	return frames
}

// plain is a locator that a page's recorder has made, as the plan has it. Its
// texts are the page's: what looks like a variable in them is none.
func (l locator) plain() spec.Locator {
	out := spec.Locator{
		Role: literal(l.Role), Name: literal(l.Name), Label: literal(l.Label), Placeholder: literal(l.Placeholder), Text: literal(l.Text),
		Alt: literal(l.Alt), Title: literal(l.Title), TestID: literal(l.TestID), CSS: literal(l.CSS), Exact: l.Exact, HasText: literal(l.HasText),
	}
	if l.Within != nil {
		out.Within = new(l.Within.plain())
	}
	return out
}

// VarOpen is the variable that stands for the beginning of a reference, where a
// recorded text holds one that means nothing.
const VarOpen = "OPEN"

func literal(s string) string { return strings.ReplaceAll(s, "${{", "${{ "+VarOpen+" }}{") }

// in puts a locator into the frames around its document.
func in(l spec.Locator, frames []spec.Locator) spec.Locator {
	var outer *spec.Locator
	for _, f := range slices.Backward(frames) {
		f.Frame = outer
		outer = &f
	}
	l.Frame = outer
	return l
}

// stepOf is the step that does what was done.
func (rec *recording) stepOf(t told, frames []spec.Locator) (spec.BrowserStep, bool) {
	var s spec.BrowserStep
	var l spec.Locator
	if t.Locator != nil {
		l = in(t.Locator.plain(), frames)
	} else if t.Do != "press" {
		return s, false
	}
	switch t.Do {
	case "click":
		s.Click = &spec.Click{Locator: l, Button: t.Button, Modifiers: t.Modifiers}
	case "dblclick":
		s.DblClick = &spec.Click{Locator: l}
	case "check":
		s.Check = &l
	case "uncheck":
		s.Uncheck = &l
	case "select":
		s.Select = &spec.Select{Locator: l, Value: literal(t.Value), Option: literal(t.Option)}
	case "fill":
		s.Fill = &spec.Fill{Locator: l, Value: literal(t.Value)}
		if t.Secret != "" {
			s.Fill.Value = "${{ " + rec.secret(t.Secret, l, t.Value) + " }}"
		}
	case "press":
		if _, err := keyEvents(t.Key); err != nil {
			return s, false
		}
		s.Press = &spec.Press{Locator: l, Key: t.Key}
	case "upload":
		return rec.upload(l, t.Files)
	case "drag":
		if t.To == nil {
			return s, false
		}
		s.Drag = &spec.Drag{Locator: l, To: new(in(t.To.plain(), frames))}
	default:
		return s, false
	}
	return s, true
}

// upload names the files as they are to lie beside the plan: the browser does not
// tell where they are.
func (rec *recording) upload(l spec.Locator, names []string) (spec.BrowserStep, bool) {
	u := &spec.Upload{Locator: l, Files: []string{}}
	for _, name := range names {
		ref := "file://" + literal(name)
		if _, err := spec.FilePath(ref); err != nil {
			rec.note("the upload of %s was not recorded: no plan can name such a file", short(oneLine(name), 100))
			return spec.BrowserStep{}, false
		}
		rec.note("put the file %s beside the plan", short(oneLine(name), 100))
		u.Files = append(u.Files, ref)
	}
	return spec.BrowserStep{Upload: u}, true
}

// secret returns the variable that stands for what is typed into a field.
func (rec *recording) secret(name string, l spec.Locator, value string) string {
	if given, ok := rec.variableOf(value); ok {
		return given
	}
	field := l.String()
	if known, ok := rec.secrets[field]; ok {
		rec.secrets[field] = secret{known.variable, value}
		return known.variable
	}
	variable := variableName(name)
	for n := 2; slices.ContainsFunc(mapped(rec.secrets), func(s secret) bool { return s.variable == variable && s.value != value }); n++ {
		variable = variableName(name) + "_" + string(rune('0'+min(n, 9)))
		if n > 9 {
			break
		}
	}
	rec.secrets[field] = secret{variable, value}
	return variable
}

func mapped(m map[string]secret) []secret {
	out := make([]secret, 0, len(m))
	for _, s := range m {
		out = append(out, s)
	}
	return out
}

// variableName makes a page's word the name of a variable.
func variableName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return -1
	}, name)
	if name = name[:min(len(name), 40)]; name == "" || name[0] < 'A' || name == VarOpen || name == spec.VarBaseURL {
		return "SECRET"
	}
	return name
}
