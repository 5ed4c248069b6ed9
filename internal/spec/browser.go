package spec

// BrowserStep is one thing that a person would do or look for: exactly one
// action.
type BrowserStep struct {
	Name          string           `yaml:"name" doc:"For readers; the action and its target when absent." max:"200" pattern:"line" example:"Pay"`
	Goto          *Goto            `yaml:"goto" doc:"Open a page and wait until it has loaded. A text is its url." action:"true" example:"/cart"`
	Click         *Click           `yaml:"click" doc:"Click an element once it can be clicked." action:"true" example:"{role: button, name: Pay}"`
	DblClick      *Click           `yaml:"dblclick" doc:"Click an element twice." action:"true" example:"{text: Row 1}"`
	Hover         *Locator         `yaml:"hover" doc:"Move the pointer over an element." action:"true" example:"{role: link, name: Account}"`
	Focus         *Locator         `yaml:"focus" doc:"Give an element the focus of the keyboard." action:"true" example:"{label: Email}"`
	Blur          *Locator         `yaml:"blur" doc:"Take the focus from an element." action:"true" example:"{label: Email}"`
	Fill          *Fill            `yaml:"fill" doc:"Replace the text of a field." action:"true" example:"{label: Email, value: ada@shop.test}"`
	Clear         *Locator         `yaml:"clear" doc:"Empty a field." action:"true" example:"{label: Email}"`
	Type          *Type            `yaml:"type" doc:"Press the keys of a text one by one. A text alone goes to what has the focus." action:"true" example:"{label: City, value: Cop, delay: 50ms}"`
	Press         *Press           `yaml:"press" doc:"Press a key or a combination. A text is its key." action:"true" example:"Enter"`
	Select        *Select          `yaml:"select" doc:"Choose an option of a select element." action:"true" example:"{label: Country, option: Denmark}"`
	Check         *Locator         `yaml:"check" doc:"Tick a checkbox or choose a radio button." action:"true" example:"{label: I agree}"`
	Uncheck       *Locator         `yaml:"uncheck" doc:"Untick a checkbox." action:"true" example:"{label: Newsletter}"`
	Drag          *Drag            `yaml:"drag" doc:"Drag an element with the mouse and drop it." action:"true" example:"{text: Write tests, to: {testId: done}}"`
	Scroll        *Scroll          `yaml:"scroll" doc:"Bring something into view. A text is a CSS selector." action:"true" example:"{to: bottom}"`
	Upload        *Upload          `yaml:"upload" doc:"Give files to a field, or to what asks for them when it is clicked." action:"true" example:"{label: Photo, files: [file://files/cat.png]}"`
	Download      *Download        `yaml:"download" doc:"Click and keep the file that comes." action:"true" example:"{click: {role: link, name: Invoice}, size: {gt: 1000}}"`
	Reload        bool             `yaml:"reload" doc:"true: load the page again." action:"true" example:"true"`
	Back          bool             `yaml:"back" doc:"true: go back in the history." action:"true" example:"true"`
	Forward       bool             `yaml:"forward" doc:"true: go forward in the history." action:"true" example:"true"`
	Dialog        *Dialog          `yaml:"dialog" doc:"Say how the next dialog is answered, which must come; others are dismissed." action:"true" example:"{answer: accept, text: Ada}"`
	Tab           *Tab             `yaml:"tab" doc:"Open, choose or close a tab. A number chooses." action:"true" example:"-1"`
	Clipboard     *Clipboard       `yaml:"clipboard" doc:"Put a text into the clipboard." action:"true" example:"DW-1042"`
	Cookies       *Cookies         `yaml:"cookies" doc:"Change the cookies." action:"true" example:"{set: [{name: consent, value: \"yes\"}]}"`
	Storage       *StorageState    `yaml:"storageState" doc:"Keep cookies and local storage as an artifact, or bring them back from a file." action:"true" example:"file://signed-in.json"`
	Permit        *Permissions     `yaml:"permissions" doc:"Allow or refuse what pages may ask for." action:"true" example:"{grant: [geolocation]}"`
	Locate        *Geolocation     `yaml:"geolocation" doc:"Say where the device is." action:"true" example:"{latitude: 55.68, longitude: 12.57}"`
	Route         *Route           `yaml:"route" doc:"Answer, stop or change requests of the page from now on." action:"true" example:"{url: \"**/api/orders\", status: 503}"`
	AwaitRequest  *AwaitedRequest  `yaml:"waitForRequest" doc:"Wait for a request that the page makes, or has made since the last step that acted. A text is its address." action:"true" example:"\"**/api/orders\""`
	AwaitResponse *AwaitedResponse `yaml:"waitForResponse" doc:"Wait for an answer that the page gets, or has got since the last step that acted, and judge it. A text is its address." action:"true" example:"{url: \"**/api/orders\", status: 201}"`
	Clock         *Clock           `yaml:"clock" doc:"Set, stop or move the time that the page's scripts see." action:"true" example:"{now: \"2030-01-01T08:00:00Z\", freeze: true}"`
	Evaluate      *Evaluate        `yaml:"evaluate" doc:"Run a script in the page, once, and judge or keep what it returns. A text is the script." action:"true" example:"{script: document.title, as: title}"`
	Emulate       *Emulation       `yaml:"emulate" doc:"Change what the browser pretends to be." action:"true" example:"{offline: true}"`
	Tap           *Locator         `yaml:"tap" doc:"Touch an element once it can be touched." action:"true" example:"{role: button, name: Menu}"`
	Wait          *Wait            `yaml:"wait" doc:"Wait for a condition without counting it as a check. A text is a duration." action:"true" example:"{visible: {text: Ready}}"`
	Expect        *Expect          `yaml:"expect" doc:"Assert, trying again until it holds or the step's time is up." action:"true" example:"{visible: {role: heading, name: Thanks}}"`
	Screenshot    *Screenshot      `yaml:"screenshot" doc:"Keep a picture of the page or of an element. A text is its name." action:"true" example:"thanks"`
	Audit         *Audit           `yaml:"audit" doc:"Examine the page as it is now." action:"true" example:"{accessibility: {standard: wcag22aa}}"`
	Viewport      *Viewport        `yaml:"viewport" doc:"Change the size of what is shown of the page." action:"true" example:"{width: 390, height: 844}"`
	Act           *Act             `yaml:"act" doc:"Do what words say: a language model chooses the element once, and the choice is recorded. A text is what to do." action:"true" example:"accept the cookie dialog"`
	Timeout       Duration         `yaml:"timeout" doc:"Limit of this step; overrides use.stepTimeout." min:"1ms" max:"1h" example:"5s"`

	// Measure is none of the plan's words: performance cases stand for it.
	Measure *Measure
}

// Goto opens a page.
type Goto struct {
	URL string `yaml:"url" doc:"Absolute, or relative to BASE_URL; http or https." required:"true" short:"true" min:"1" max:"8000" example:"/orders/${{ orderId }}"`
}

// Locator finds one element. Exactly one of the finding fields is set (Name
// belongs to Role). Strict: more than one match is an error unless Nth says
// which. Within, Has, HasNot, HasText and HasNotText choose among the matches,
// before Nth counts them. Frame and Within mean one element, too.
type Locator struct {
	Role        string   `yaml:"role" doc:"ARIA role." one:"way to find the element" min:"1" max:"100" example:"button"`
	Name        string   `yaml:"name" doc:"Accessible name, with role; a part of it, ignoring case, unless exact." min:"1" max:"1000" example:"Pay"`
	Label       string   `yaml:"label" doc:"Text of a form field's label, or its aria-label." one:"way to find the element" min:"1" max:"1000" example:"Email"`
	Placeholder string   `yaml:"placeholder" doc:"Placeholder of a field." one:"way to find the element" min:"1" max:"1000" example:"Search"`
	Text        string   `yaml:"text" doc:"Text of an element." one:"way to find the element" min:"1" max:"1000" example:"Thanks for your order"`
	Alt         string   `yaml:"alt" doc:"Alternative text of a picture." one:"way to find the element" min:"1" max:"1000" example:"The shop's logo"`
	Title       string   `yaml:"title" doc:"Title attribute, which browsers show as a tooltip." one:"way to find the element" min:"1" max:"1000" example:"Remove"`
	TestID      string   `yaml:"testId" doc:"Value of data-testid." one:"way to find the element" min:"1" max:"1000" example:"total"`
	CSS         string   `yaml:"css" doc:"CSS selector." short:"true" one:"way to find the element" min:"1" max:"1000" example:"\"#total\""`
	XPath       string   `yaml:"xpath" doc:"XPath expression; within another element, it begins there." one:"way to find the element" min:"1" max:"1000" example:"//table/tbody/tr[1]"`
	Exact       bool     `yaml:"exact" doc:"Compare name, label, placeholder, text, alt or title as a whole and with case." default:"false" example:"true"`
	HasText     string   `yaml:"hasText" doc:"Only matches that hold this text, ignoring case." min:"1" max:"1000" example:"Earl Grey"`
	HasNotText  string   `yaml:"hasNotText" doc:"Only matches that do not hold this text." min:"1" max:"1000" example:"Sold out"`
	Has         *Locator `yaml:"has" doc:"Only matches that hold such an element." example:"{role: button, name: Buy}"`
	HasNot      *Locator `yaml:"hasNot" doc:"Only matches that hold no such element." example:"{text: Sold out}"`
	Within      *Locator `yaml:"within" doc:"Only matches inside of this one element." example:"{role: row, hasText: Earl Grey}"`
	Nth         *int     `yaml:"nth" doc:"Which of several matches, from 0; -1 is the last." min:"-1" max:"10000" example:"0"`
	Frame       *Locator `yaml:"frame" doc:"The iframe in whose document all of this is looked for; it may lie in a frame itself." example:"{title: Payment}"`
}

// Fill replaces the text of a field.
type Fill struct {
	Locator `yaml:",inline"`
	Value   string `yaml:"value" doc:"The new text; empty clears the field." required:"true" max:"100000" example:"ada@shop.test"`
}

// Press sends a key to an element, or to what has the focus.
type Press struct {
	Locator `yaml:",inline" optional:"true"`
	Key     string `yaml:"key" doc:"Key by its DOM name (Enter, ArrowDown, a), after modifiers joined by +." required:"true" short:"true" min:"1" max:"50" example:"Control+A"`
}

// Select chooses an option by its value or by its visible text.
type Select struct {
	Locator `yaml:",inline"`
	Value   string `yaml:"value" doc:"The option's value." one:"way to choose the option" max:"1000" example:"DK"`
	Option  string `yaml:"option" doc:"The option's visible text." one:"way to choose the option" max:"1000" example:"Denmark"`
}

// Expect is one assertion on the page: one subject, and for Text, Value, Count
// and Attribute the matcher beside it.
type Expect struct {
	Visible        *Locator      `yaml:"visible" doc:"The element is there and can be seen." one:"subject" example:"{text: Thanks}"`
	Hidden         *Locator      `yaml:"hidden" doc:"The element is not there or cannot be seen." one:"subject" example:"\".spinner\""`
	Enabled        *Locator      `yaml:"enabled" doc:"The control can be used." one:"subject" example:"{role: button, name: Pay}"`
	Disabled       *Locator      `yaml:"disabled" doc:"The control cannot be used." one:"subject" example:"{role: button, name: Pay}"`
	Checked        *Locator      `yaml:"checked" doc:"The checkbox or radio button is set." one:"subject" example:"{label: I agree}"`
	Unchecked      *Locator      `yaml:"unchecked" doc:"The checkbox or radio button is not set." one:"subject" example:"{label: Newsletter}"`
	Text           *Locator      `yaml:"text" doc:"The element's visible text; matchers stand beside it." one:"subject" example:"{testId: total}"`
	Value          *Locator      `yaml:"value" doc:"The field's value; matchers stand beside it." one:"subject" example:"{label: Email}"`
	Count          *Locator      `yaml:"count" doc:"How many elements match; matchers stand beside it." one:"subject" example:"{role: row}"`
	Attribute      *Attribute    `yaml:"attribute" doc:"An attribute of the element; matchers stand beside it." one:"subject" example:"{text: Terms, attribute: href}"`
	URL            *Matcher      `yaml:"url" doc:"Address of the page: one that it equals (relative to BASE_URL), or a mapping of matchers." one:"subject" matcher:"text" example:"/thanks"`
	Title          *Matcher      `yaml:"title" doc:"Title of the page: one that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"{contains: Thanks}"`
	Console        string        `yaml:"console" doc:"clean: no error was written to the console and no exception went uncaught so far." one:"subject" enum:"clean" example:"clean"`
	Cookie         *CookieName   `yaml:"cookie" doc:"A cookie that is held; matchers stand beside it and judge its value." one:"subject" example:"session"`
	Clipboard      *Matcher      `yaml:"clipboard" doc:"Text of the clipboard: one that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"DW-1042"`
	Request        *MadeRequests `yaml:"request" doc:"Requests that the case has made so far. A text is their address." one:"subject" example:"{url: \"**/track\", times: 1}"`
	Tabs           *Matcher      `yaml:"tabs" doc:"How many tabs are open: a number, or a mapping of matchers." one:"subject" matcher:"number" example:"2"`
	Focused        *Locator      `yaml:"focused" doc:"The element has the focus of the keyboard." one:"subject" example:"{label: Email}"`
	InViewport     *Locator      `yaml:"inViewport" doc:"A part of the element is in view." one:"subject" example:"{text: Terms}"`
	Editable       *Locator      `yaml:"editable" doc:"The field can be written in." one:"subject" example:"{label: Email}"`
	Empty          *Locator      `yaml:"empty" doc:"The field has no value, or the element no text." one:"subject" example:"{testId: errors}"`
	Class          *Locator      `yaml:"class" doc:"The element's classes; matchers stand beside it." one:"subject" example:"{text: Total}"`
	CSS            *StyleOf      `yaml:"css" doc:"A property of the element's style; matchers stand beside it." one:"subject" example:"{text: Total, property: color}"`
	AccessibleName *Locator      `yaml:"accessibleName" doc:"What assistive technology calls the element; matchers stand beside it." one:"subject" example:"\".icon\""`
	Description    *Locator      `yaml:"accessibleDescription" doc:"What assistive technology says of the element beside its name; matchers stand beside it." one:"subject" example:"{label: Password}"`
	Aria           *Aria         `yaml:"aria" doc:"What is in the accessibility tree. A text is the snapshot." one:"subject" example:"{css: main, snapshot: \"- heading \\\"Thanks\\\"\"}"`
	PageErrors     string        `yaml:"pageErrors" doc:"clean: no exception went uncaught so far." one:"subject" enum:"clean" example:"clean"`
	Requests       string        `yaml:"requests" doc:"clean: no request has failed, or was answered by 400 or more, so far." one:"subject" enum:"clean" example:"clean"`
	Allow          []string      `yaml:"allow" doc:"With console, pageErrors and requests: RE2 expressions; what matches one of them is no fault." min:"1" max:"50" each:"1-1000" example:"[favicon]"`
	Picture        *Screenshot   `yaml:"screenshot" doc:"The page looks as people have accepted it. A text is the name of the picture." one:"subject" example:"{name: thanks, maxDiffRatio: 0.001}"`
	Matcher        `yaml:",inline"`
}

// CookieName names a cookie.
type CookieName struct {
	Name string `yaml:"name" doc:"Its name." required:"true" short:"true" min:"1" max:"200" example:"session"`
	Path string `yaml:"path" doc:"Its path, where there are several of the name." min:"1" max:"1000" example:"/account"`
}

// Attribute names an attribute of an element.
type Attribute struct {
	Locator   `yaml:",inline"`
	Attribute string `yaml:"attribute" doc:"Name of the attribute." required:"true" min:"1" max:"200" example:"href"`
}

// Wait holds either a duration or a condition.
type Wait struct {
	Duration Duration `yaml:"duration" doc:"A fixed time; prefer a condition." short:"true" one:"condition" min:"1ms" max:"1m" example:"500ms"`
	Visible  *Locator `yaml:"visible" doc:"Until the element can be seen." one:"condition" example:"{text: Ready}"`
	Hidden   *Locator `yaml:"hidden" doc:"Until the element cannot be seen." one:"condition" example:"\".spinner\""`
	URL      *Matcher `yaml:"url" doc:"Until the page's address matches: one that it equals (relative to BASE_URL), or a mapping of matchers." one:"condition" matcher:"text" example:"{contains: /thanks}"`
	Load     string   `yaml:"load" doc:"Until the page has come this far." one:"condition" enum:"load,domcontentloaded,networkidle" example:"networkidle"`
}

// Screenshot keeps a picture and, where it says how, compares it with those that
// people have accepted.
type Screenshot struct {
	Name      string   `yaml:"name" doc:"Name of the artifact, unique in the case: letters, digits, dash, underscore and dot." required:"true" short:"true" pattern:"artifact" min:"1" max:"100" example:"thanks"`
	FullPage  bool     `yaml:"fullPage" doc:"The whole page instead of the viewport." default:"false" most:"part of the page" example:"true"`
	Element   *Locator `yaml:"element" doc:"Only this element." most:"part of the page" example:"{testId: receipt}"`
	Compare   bool     `yaml:"compare" doc:"Compare the picture with those that people have accepted. Every key about how it is compared means this too." default:"false" example:"true"`
	Comparing `yaml:",inline"`
}
