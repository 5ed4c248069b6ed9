package playwright

import "time"

// Trace is what a case has done, and what was seen meanwhile.
type Trace struct {
	Title    string
	Browser  string // chromium, firefox or webkit
	Platform string // linux
	BaseURL  string
	Viewport Size
	Scale    float64
	Mobile   bool
	Agent    string // user agent; empty where it is not known

	Began    time.Time // from which all times are told
	Actions  []Action  // in the order in which they began
	Pages    []Page    // in the order in which they were opened
	Console  []Message
	Requests []Request
	Film     []Frame
}

// Size is in CSS pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Point is a place in the viewport, in CSS pixels.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Action is a step.
type Action struct {
	Title  string // what people read
	Method string // the plan's word
	Page   string // ID of the one that it acted in
	Params map[string]any
	Result map[string]any
	Error  string // empty where it passed
	Began  time.Time
	Ended  time.Time
	Point  *Point // where it clicked; nil where it did not
	Log    []string

	Attachments []Attachment

	// Before, During and After are what was shown when it began, when it was about
	// to act, and when it was over. Each may be nil.
	Before, During, After *Snapshot
}

// Attachment is a file that belongs to an action.
type Attachment struct {
	Name, ContentType string
	Body              []byte
}

// Page is a tab.
type Page struct {
	ID     string
	Opened time.Time
	Closed time.Time // zero for those that were open at the end
}

// Message is a line of the console, or an exception that nobody caught.
type Message struct {
	Page     string
	At       time.Time
	Level    string // debug, info, warning, error
	Text     string
	URL      string // of the script; may be empty
	Line     int    // from 0
	Column   int    // from 0
	Uncaught bool
}

// Request is an exchange over the network.
type Request struct {
	Page  string
	At    time.Time
	Entry map[string]any // of an HTTP archive, with no bodies

	Sent, Body         []byte // nil where they are not known
	SentType, BodyType string // their content types
}

// Frame is a picture of what a page showed, as JPEG or PNG.
type Frame struct {
	Page    string
	At      time.Time
	Picture []byte
}
