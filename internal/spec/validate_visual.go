package spec

import "strings"

// visual checks a case of kind visual.
func (v *validator) visual(c *Case) {
	if c.Kind != KindVisual {
		return
	}
	o := &c.Visual
	if v.sound(&o.URL) {
		v.address(v.at(&o.URL), o.URL, true)
	}
	v.locator(o.Element)
	v.comparing(&o.Comparing)
	pictures := map[string]*place{}
	for i := range o.Steps {
		v.browserStep(&o.Steps[i], pictures)
		if s := o.Steps[i].Screenshot; s != nil && s.Name == o.Picture && v.sound(&s.Name) {
			v.report(v.at(&s.Name), "the screenshot %s is also what the case compares; names are unique within a case", brief(s.Name))
		}
	}
}

// comparing checks how pictures are compared.
func (v *validator) comparing(c *Comparing) {
	if c == nil {
		return
	}
	for i := range c.Mask {
		m := &c.Mask[i]
		v.locator(&m.Locator)
		if m.Frame != nil && !v.at(m.Frame).bad {
			v.report(v.at(m.Frame).onKey(), `a mask lies in the page itself: mask the frame, or give a "rect"`)
		}
	}
	if v.sound(&c.Style) && strings.Contains(c.Style, "@import") {
		v.report(v.at(&c.Style), `"style" cannot import: it holds while a picture is taken, and nothing is loaded for it`)
	}
}
