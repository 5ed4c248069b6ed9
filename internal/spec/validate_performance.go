package spec

// performance checks a case of kind performance.
func (v *validator) performance(c *Case) {
	if c.Kind != KindPerformance {
		return
	}
	o := &c.Performance
	if v.sound(&o.URL) {
		v.address(v.at(&o.URL), o.URL, true)
	}
	named := map[string]*place{}
	for i := range o.Before {
		v.browserStep(&o.Before[i], named)
	}
	for i := range o.Steps {
		s := &o.Steps[i]
		v.browserStep(s, named)
		if at := v.at(s); (s.Goto != nil || s.Reload || s.Back || s.Forward || s.Tab != nil) && !at.bad {
			v.report(at, "%q leads to another page, and the metrics are about the one that was opened: put it into \"before\", or into a case of its own", s.Action())
		}
	}
	for _, name := range sortedKeys(o.Thresholds) {
		v.vitalThresholds(c, name)
	}
	if b := o.Budget; b != nil {
		v.budget(b)
	}
}

func (v *validator) vitalThresholds(c *Case, name string) {
	o := &c.Performance
	at := v.at(entry{&o.Thresholds, name}, c)
	if _, known := vitals[name]; !known {
		v.suggest(at.onKey(), v.nearest(name, Vitals()), "there is no metric %s; the metrics of pages are %s", brief(name), sentenceList(Vitals()))
		return
	}
	list := o.Thresholds[name]
	for i := range list {
		if !v.sound(&list[i]) {
			continue
		}
		if hasReference(list[i]) {
			v.report(v.at(&list[i]), "a threshold cannot hold a variable: it must be known before the run")
			continue
		}
		if _, err := ParseVitalLimit(list[i]); err != nil {
			v.report(v.at(&list[i]), "%s", err)
		}
	}
}

func (v *validator) budget(b *Budget) {
	at := v.at(b)
	if at.bad {
		return
	}
	if all, err := b.Allowances(); err == nil && len(all) == 0 {
		v.report(at, "the budget has no limit, such as total: 1MB")
	}
}
