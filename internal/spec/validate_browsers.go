package spec

import "slices"

// browsers checks the browsers and viewports of a case, and that nothing else
// goes by their keys.
func (v *validator) browsers(c *Case) {
	v.browserList(&c.Browser, c.Browser, &c.Browsers, c.Browsers)
	v.viewportList(&c.Viewport, c.Viewport, &c.Viewports, c.Viewports)
	for _, made := range v.plan.made(*c) {
		for _, m := range []struct {
			pointer any
			has     bool
		}{{&v.plan.Matrix, v.plan.Matrix[made.key] != nil}, {&c.Matrix, c.Matrix[made.key] != nil}} {
			if m.has {
				v.report(v.at(entry{m.pointer, made.key}, m.pointer).onKey(),
					"%q makes a key %q of the matrix of the case %s; remove one of them", made.by, made.key, brief(c.ID))
			}
		}
	}
}

// viewportList checks one viewport beside a list of them.
func (v *validator) viewportList(onePointer any, one *Viewport, listPointer any, list []Viewport) {
	if one != nil && list != nil && v.sound(onePointer) {
		v.report(v.at(onePointer).onKey(), "%q and %q say the same twice; remove one of them", "viewport", "viewports")
	}
	for i, size := range list {
		if at := v.at(&list[i], listPointer); !at.bad && slices.Contains(list[:i], size) {
			v.report(at, "the viewport %s is listed twice", size)
		}
	}
}

// browserList checks one browser beside a list of them.
func (v *validator) browserList(onePointer any, one string, listPointer any, list []string) {
	if one != "" && list != nil && v.sound(onePointer) {
		v.report(v.at(onePointer).onKey(), "%q and %q say the same twice; remove one of them", "browser", "browsers")
	}
	for i, name := range list {
		if v.sound(&list[i]) && slices.Contains(list[:i], name) {
			v.report(v.at(&list[i], listPointer), "the browser %s is listed twice", brief(name))
		}
	}
}
