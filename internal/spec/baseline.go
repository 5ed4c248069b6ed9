package spec

// BaselineKind says what a baseline is the reference of.
type BaselineKind string

// The kinds of baselines.
const (
	BaselineScreenshot    BaselineKind = "screenshot"    // a picture, PNG
	BaselineAria          BaselineKind = "aria"          // the accessibility tree, as text
	BaselineAccessibility BaselineKind = "accessibility" // findings of an accessibility check, JSON
	BaselineLoad          BaselineKind = "load"          // figures of a load, JSON
	BaselineContract      BaselineKind = "contract"      // findings of a contract case, JSON
)

// BaselineKinds lists every kind in the order in which documents show them.
func BaselineKinds() []BaselineKind {
	return []BaselineKind{BaselineScreenshot, BaselineAria, BaselineAccessibility, BaselineLoad, BaselineContract}
}

// Values implements ent's EnumValues.
func (BaselineKind) Values() []string { return names(BaselineKinds()) }

// ComparisonStatus is what a comparison with the accepted baselines found.
type ComparisonStatus string

// What a comparison can find.
const (
	ComparisonNew     ComparisonStatus = "new"     // nothing is accepted yet, so nothing was compared
	ComparisonChanged ComparisonStatus = "changed" // it is like none of the accepted variants
	ComparisonSame    ComparisonStatus = "same"    // it is like one of the accepted variants
)

// ComparisonStatuses lists every status.
func ComparisonStatuses() []ComparisonStatus {
	return []ComparisonStatus{ComparisonNew, ComparisonChanged, ComparisonSame}
}

// Values implements ent's EnumValues.
func (ComparisonStatus) Values() []string { return names(ComparisonStatuses()) }
