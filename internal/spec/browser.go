package spec

// BrowserStep is one thing that a person would do or look for: exactly one
// action.
type BrowserStep struct {
	Name       string      `yaml:"name" doc:"For readers; the action and its target when absent."`
	Goto       *Goto       `yaml:"goto" doc:"Open a page and wait until it has loaded." action:"true"`
	Click      *Locator    `yaml:"click" doc:"Click an element once it can be clicked." action:"true"`
	DblClick   *Locator    `yaml:"dblclick" doc:"Click an element twice." action:"true"`
	Hover      *Locator    `yaml:"hover" doc:"Move the pointer over an element." action:"true"`
	Fill       *Fill       `yaml:"fill" doc:"Replace the text of a field." action:"true"`
	Press      *Press      `yaml:"press" doc:"Press a key or a combination such as Control+A." action:"true"`
	Select     *Select     `yaml:"select" doc:"Choose an option of a select element." action:"true"`
	Check      *Locator    `yaml:"check" doc:"Tick a checkbox or choose a radio button." action:"true"`
	Uncheck    *Locator    `yaml:"uncheck" doc:"Untick a checkbox." action:"true"`
	Wait       *Wait       `yaml:"wait" doc:"Wait for a condition without counting it as a check." action:"true"`
	Expect     *Expect     `yaml:"expect" doc:"Assert, trying again until it holds or the step's time is up." action:"true"`
	Screenshot *Screenshot `yaml:"screenshot" doc:"Keep a picture of the page or of an element." action:"true"`
	Timeout    Duration    `yaml:"timeout" doc:"Limit of this step; overrides use.stepTimeout."`
}

// Goto opens a page.
type Goto struct {
	URL string `yaml:"url" doc:"Absolute, or relative to BASE_URL; http or https." required:"true" short:"true"`
}

// Locator finds one element. Exactly one of the finding fields is set (Name
// belongs to Role). Strict: more than one match is an error unless Nth says
// which.
type Locator struct {
	Role        string `yaml:"role" doc:"ARIA role, such as button."`
	Name        string `yaml:"name" doc:"Accessible name, with role; a part of it, ignoring case, unless exact."`
	Label       string `yaml:"label" doc:"Text of a form field's label, or its aria-label."`
	Placeholder string `yaml:"placeholder" doc:"Placeholder of a field."`
	Text        string `yaml:"text" doc:"Text of an element."`
	TestID      string `yaml:"testId" doc:"Value of data-testid."`
	CSS         string `yaml:"css" doc:"CSS selector." short:"true"`
	XPath       string `yaml:"xpath" doc:"XPath expression."`
	Exact       bool   `yaml:"exact" doc:"Compare name, label, placeholder or text as a whole and with case."`
	Nth         *int   `yaml:"nth" doc:"Which of several matches, from 0; -1 is the last."`
}

// Fill replaces the text of a field.
type Fill struct {
	Locator `yaml:",inline"`
	Value   string `yaml:"value" doc:"The new text; empty clears the field." required:"true"`
}

// Press sends a key to an element, or to what has the focus.
type Press struct {
	Locator `yaml:",inline"`
	Key     string `yaml:"key" doc:"Key by its DOM name (Enter, ArrowDown, a), after modifiers joined by +." required:"true" short:"true"`
}

// Select chooses an option by its value or by its visible text.
type Select struct {
	Locator `yaml:",inline"`
	Value   string `yaml:"value" doc:"The option's value."`
	Option  string `yaml:"option" doc:"The option's visible text."`
}

// Expect is one assertion on the page: one subject, and for Text, Value, Count
// and Attribute the matcher beside it.
type Expect struct {
	Visible   *Locator   `yaml:"visible" doc:"The element is there and can be seen."`
	Hidden    *Locator   `yaml:"hidden" doc:"The element is not there or cannot be seen."`
	Enabled   *Locator   `yaml:"enabled" doc:"The control can be used."`
	Disabled  *Locator   `yaml:"disabled" doc:"The control cannot be used."`
	Checked   *Locator   `yaml:"checked" doc:"The checkbox or radio button is set."`
	Unchecked *Locator   `yaml:"unchecked" doc:"The checkbox or radio button is not set."`
	Text      *Locator   `yaml:"text" doc:"The element's visible text; matchers stand beside it."`
	Value     *Locator   `yaml:"value" doc:"The field's value; matchers stand beside it."`
	Count     *Locator   `yaml:"count" doc:"How many elements match; matchers stand beside it."`
	Attribute *Attribute `yaml:"attribute" doc:"An attribute of the element; matchers stand beside it."`
	URL       *Matcher   `yaml:"url" doc:"Address of the page: one that it equals (relative to BASE_URL), or a matcher."`
	Title     *Matcher   `yaml:"title" doc:"Title of the page: one that it equals, or a matcher."`
	Console   string     `yaml:"console" doc:"clean: no error was written to the console and no exception went uncaught so far."`
	Matcher   `yaml:",inline"`
}

// Attribute names an attribute of an element.
type Attribute struct {
	Locator   `yaml:",inline"`
	Attribute string `yaml:"attribute" doc:"Name of the attribute." required:"true"`
}

// Wait holds either a duration or a condition.
type Wait struct {
	Duration Duration `yaml:"duration" doc:"A fixed time, at most 1m; prefer a condition." short:"true"`
	Visible  *Locator `yaml:"visible" doc:"Until the element can be seen."`
	Hidden   *Locator `yaml:"hidden" doc:"Until the element cannot be seen."`
	URL      *Matcher `yaml:"url" doc:"Until the page's address matches."`
	Load     string   `yaml:"load" doc:"load, domcontentloaded or networkidle."`
}

// Screenshot keeps a picture.
type Screenshot struct {
	Name     string   `yaml:"name" doc:"Name of the artifact: letters, digits, dash, underscore and dot." required:"true" short:"true"`
	FullPage bool     `yaml:"fullPage" doc:"The whole page instead of the viewport."`
	Element  *Locator `yaml:"element" doc:"Only this element."`
}
