package spec

import "slices"

// accessible checks a case of kind accessibility.
func (v *validator) accessible(c *Case) {
	if c.Kind != KindAccessibility {
		return
	}
	o := &c.Accessible
	if v.sound(&o.URL) {
		v.address(v.at(&o.URL), o.URL, true)
	}
	named := map[string]*place{}
	for i := range o.Steps {
		v.browserStep(&o.Steps[i], named)
	}
	v.accessibility(&o.Accessibility, v.places[c], named)
}

// accessibility checks an audit that stands at a place; named holds where the
// names of the earlier pictures and findings of the case stand.
func (v *validator) accessibility(a *Accessibility, at *place, named map[string]*place) {
	for _, part := range []struct {
		key string
		l   *Locator
	}{{"within", a.Within}, {"exclude", a.Exclude}} {
		v.locator(part.l)
		if part.l != nil && part.l.Frame != nil && !v.at(part.l.Frame).bad {
			v.report(v.at(part.l.Frame).onKey(), "%q of an audit lies in the page itself; the page's frames are audited with it", part.key)
		}
	}
	if r := a.Rules; r != nil {
		if r.Tags != nil && v.sound(&a.Standard) {
			v.report(v.at(&a.Standard).onKey(), `"standard" and "tags" both say which rules are applied; remove one of them`)
		}
		for i, rule := range r.Exclude {
			if v.sound(&r.Exclude[i]) && slices.Contains(r.Include, rule) {
				v.report(v.at(&r.Exclude[i]), "the rule %s is included, too", brief(rule))
			}
		}
	}
	if v.sound(&a.Findings) {
		at = v.at(&a.Findings)
	}
	if at == nil || at.bad {
		return
	}
	if first := named[a.Name()]; first != nil {
		v.report(at, `the findings %s have the name of what line %d keeps; names are unique within a case, so give "findings" another one`, brief(a.Name()), first.at.Line)
		return
	}
	named[a.Name()] = at
}
