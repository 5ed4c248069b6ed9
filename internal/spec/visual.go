package spec

import "cmp"

// KindVisual is the short form of a browser case that opens a page and compares
// how it looks. Parse makes a case of kind browser of it, so it is none of Kinds.
const KindVisual Kind = "visual"

// planKinds lists what a plan may write as a case's kind.
func planKinds() []Kind { return append(Kinds(), KindVisual, KindAccessibility, KindPerformance) }

// base is the kind whose keys a short form has too.
func (k Kind) base() Kind {
	if k == KindVisual || k == KindAccessibility || k == KindPerformance {
		return KindBrowser
	}
	return k
}

// VisualCase holds the keys that only cases of kind visual have.
type VisualCase struct {
	URL       string        `yaml:"url" kind:"visual" doc:"The page: absolute, or relative to BASE_URL; http or https." required:"true" min:"1" max:"8000" example:"/products/TEA-01"`
	Steps     []BrowserStep `yaml:"steps" kind:"visual" doc:"What is done between opening the page and looking at it." min:"1" max:"50" example:"[{click: {role: button, name: Menu}}]"`
	Picture   string        `yaml:"picture" kind:"visual" doc:"Name of the picture." default:"page" pattern:"artifact" min:"1" max:"100" example:"home"`
	FullPage  bool          `yaml:"fullPage" kind:"visual" doc:"The whole page instead of the viewport." default:"false" most:"part of the page" example:"true"`
	Element   *Locator      `yaml:"element" kind:"visual" doc:"Only this element." most:"part of the page" example:"{role: main}"`
	Comparing `yaml:",inline" kind:"visual"`
}

// Comparing says how a picture is compared with those that people have
// accepted. Whatever is absent holds as use.screenshot says.
type Comparing struct {
	Threshold     *float64 `yaml:"threshold" doc:"How far two colours may be apart to count as the same, by pixelmatch's measure: from 0, exactly the same, to 1." default:"0.2" min:"0" max:"1" example:"0.1"`
	MaxDiffPixels *int     `yaml:"maxDiffPixels" doc:"How many pixels may differ. Where maxDiffRatio is given too, both must hold." default:"0, unless maxDiffRatio is given" min:"0" max:"100000000" example:"50"`
	MaxDiffRatio  *float64 `yaml:"maxDiffRatio" doc:"Which share of the pixels may differ." min:"0" max:"1" example:"0.001"`
	IncludeAA     *bool    `yaml:"includeAA" doc:"Whether the smoothing of edges counts too." default:"false" example:"true"`
	Mask          []Mask   `yaml:"mask" doc:"What is not compared: elements, all that match, and areas. Those of use.screenshot hold too." min:"1" max:"100" example:"[.clock, {role: img, name: Weather}, {rect: {x: 0, y: 0, width: 200, height: 40}}]"`
	Animations    string   `yaml:"animations" doc:"disabled: what ends is at its end and what goes on for ever at its beginning while the picture is taken; allow: nothing is touched." default:"disabled" enum:"disabled,allow" example:"allow"`
	Caret         string   `yaml:"caret" doc:"Whether the text cursor is hidden while the picture is taken." default:"hide" enum:"hide,initial" example:"initial"`
	Style         string   `yaml:"style" doc:"CSS that holds while the picture is taken." min:"1" max:"10000" example:"\".banner { visibility: hidden }\""`
	Missing       string   `yaml:"missing" doc:"What a picture is while nobody has accepted one: a failure, or passed until somebody has looked at it." default:"fail" enum:"fail,pass" example:"pass"`
}

// Mask is an element or an area that is not compared.
type Mask struct {
	Locator `yaml:",inline" short:"true"`
	Rect    *Area `yaml:"rect" doc:"An area of the picture." one:"way to find the element" example:"{x: 0, y: 0, width: 200, height: 40}"`
}

// Area is a rectangle in CSS pixels.
type Area struct {
	X      int `yaml:"x" doc:"CSS pixels from the left edge of the picture." default:"0" min:"0" max:"100000" example:"20"`
	Y      int `yaml:"y" doc:"CSS pixels from its upper edge." default:"0" min:"0" max:"100000" example:"10"`
	Width  int `yaml:"width" doc:"CSS pixels." required:"true" min:"1" max:"100000" example:"200"`
	Height int `yaml:"height" doc:"CSS pixels." required:"true" min:"1" max:"100000" example:"40"`
}

// Compared reports whether the picture is compared, and not only kept: that is
// so as soon as the plan says anything about how.
func (s Screenshot) Compared() bool { return s.Compare || !s.Comparing.isZero() }

func (c Comparing) isZero() bool {
	return c.Threshold == nil && c.MaxDiffPixels == nil && c.MaxDiffRatio == nil && c.IncludeAA == nil && c.Mask == nil &&
		c.Animations == "" && c.Caret == "" && c.Style == "" && c.Missing == ""
}

// Under fills in what the settings of the plan say and c does not.
func (c Comparing) Under(use *Comparing) Comparing {
	if use == nil {
		return c
	}
	if c.MaxDiffPixels == nil && c.MaxDiffRatio == nil {
		c.MaxDiffPixels, c.MaxDiffRatio = use.MaxDiffPixels, use.MaxDiffRatio
	}
	c.Threshold = cmp.Or(c.Threshold, use.Threshold)
	c.IncludeAA = cmp.Or(c.IncludeAA, use.IncludeAA)
	c.Mask = append(c.Mask[:len(c.Mask):len(c.Mask)], use.Mask...)
	c.Animations = cmp.Or(c.Animations, use.Animations)
	c.Caret = cmp.Or(c.Caret, use.Caret)
	if use.Style != "" {
		c.Style = use.Style + "\n" + c.Style
	}
	c.Missing = cmp.Or(c.Missing, use.Missing)
	return c
}

// spell turns the short forms of a plan into what they stand for.
func (p *Plan) spell() {
	for i := range p.Cases {
		switch c := &p.Cases[i]; c.Kind {
		case KindVisual:
			c.Kind, c.BrowserSteps = KindBrowser, c.Visual.spelled()
		case KindAccessibility:
			c.Kind, c.BrowserSteps = KindBrowser, c.Accessible.spelled()
		case KindPerformance:
			c.Kind, c.BrowserSteps = KindBrowser, c.Performance.spelled()
		}
	}
}

// spelled lists the steps that a visual case stands for.
func (v VisualCase) spelled() []BrowserStep {
	steps := append([]BrowserStep{{Goto: &Goto{URL: v.URL}}}, v.Steps...)
	return append(steps, BrowserStep{Screenshot: &Screenshot{
		Name: cmp.Or(v.Picture, "page"), FullPage: v.FullPage, Element: v.Element, Compare: true, Comparing: v.Comparing,
	}})
}
