package rules

// impacts in the order of their weight.
var impacts = [...]Impact{Critical, Serious, Moderate, Minor}

var severities = map[Impact]Severity{Critical: SeverityCritical, Serious: SeveritySerious, Moderate: SeverityModerate, Minor: SeverityMinor}

// ruleImpacts are the impacts of the rules that axe-core ships. Its results name
// the impact of a rule that is broken, and a rule that holds has to weigh the
// same. A test compares the list with the file that is compiled in.
var ruleImpacts = byImpact(map[Impact][]string{
	Critical: {
		"area-alt", "aria-allowed-attr", "aria-hidden-body", "aria-required-attr", "aria-required-children",
		"aria-required-parent", "aria-roles", "aria-valid-attr", "aria-valid-attr-value", "audio-caption", "button-name",
		"duplicate-id-aria", "frame-tested", "image-alt", "input-button-name", "input-image-alt", "label", "meta-refresh",
		"select-name", "td-has-header", "video-caption",
	},
	Serious: {
		"accesskeys", "aria-command-name", "aria-conditional-attr", "aria-dialog-name", "aria-hidden-focus",
		"aria-input-field-name", "aria-meter-name", "aria-progressbar-name", "aria-prohibited-attr",
		"aria-roledescription", "aria-tab-name", "aria-text", "aria-toggle-field-name", "aria-tooltip-name",
		"aria-treeitem-name", "autocomplete-valid", "avoid-inline-spacing", "blink", "bypass", "color-contrast",
		"color-contrast-enhanced", "css-orientation-lock", "definition-list", "dlitem", "document-title",
		"duplicate-id-active", "frame-focusable-content", "frame-title", "frame-title-unique", "html-has-lang",
		"html-lang-valid", "label-content-name-mismatch", "label-title-only", "link-in-text-block", "link-name", "list",
		"listitem", "marquee", "nested-interactive", "object-alt", "p-as-heading", "role-img-alt",
		"scrollable-region-focusable", "summary-name", "svg-img-alt", "tabindex", "table-fake-caption", "target-size",
		"td-headers-attr", "th-has-data-cells", "valid-lang",
	},
	Moderate: {
		"form-field-multiple-labels", "heading-order", "html-xml-lang-mismatch", "landmark-banner-is-top-level",
		"landmark-complementary-is-top-level", "landmark-contentinfo-is-top-level", "landmark-main-is-top-level",
		"landmark-no-duplicate-banner", "landmark-no-duplicate-contentinfo", "landmark-no-duplicate-main",
		"landmark-one-main", "landmark-unique", "meta-viewport", "no-autoplay-audio", "page-has-heading-one", "region",
		"scope-attr-valid", "skip-link",
	},
	Minor: {
		"aria-allowed-role", "aria-deprecated-role", "duplicate-id", "empty-heading", "empty-table-header",
		"focus-order-semantics", "hidden-content", "identical-links-same-purpose", "image-redundant-alt",
		"meta-refresh-no-exceptions", "meta-viewport-large", "presentation-role-conflict", "server-side-image-map",
		"table-duplicate-name",
	},
})

func byImpact(lists map[Impact][]string) map[string]Impact {
	out := map[string]Impact{}
	for impact, rules := range lists {
		for _, rule := range rules {
			out[rule] = impact
		}
	}
	return out
}

// RuleImpact is the impact of a rule of axe-core's, moderate where it is not known.
func RuleImpact(rule string) Impact {
	if impact, ok := ruleImpacts[rule]; ok {
		return impact
	}
	return Moderate
}

// known is an impact that has a weight, else nothing.
func known(i Impact) Impact {
	if _, ok := impactWeights[i]; ok {
		return i
	}
	return ""
}

func impactIndex(i Impact) int {
	for at, known := range impacts {
		if known == i {
			return at
		}
	}
	return len(impacts) - 1
}
