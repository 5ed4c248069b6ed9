package spec

import "slices"

// browsers checks the browsers of a case, and that nothing else goes by their
// key.
func (v *validator) browsers(c *Case) {
	v.browserList(&c.Browser, c.Browser, &c.Browsers, c.Browsers)
	list := v.plan.browsersOf(*c)
	if list == nil {
		return
	}
	for _, m := range []struct {
		pointer any
		has     bool
	}{{&v.plan.Matrix, v.plan.Matrix[browserKey] != nil}, {&c.Matrix, c.Matrix[browserKey] != nil}} {
		if !m.has {
			continue
		}
		v.report(v.at(entry{m.pointer, browserKey}, m.pointer).onKey(),
			"%q makes a key %q of the matrix of the case %s; remove one of them", "browsers", browserKey, brief(c.ID))
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
