package driver

// MouseKind is what the mouse does.
type MouseKind int

// The kinds of mouse events.
const (
	MouseMove MouseKind = iota
	MousePress
	MouseRelease
	MouseWheel
)

// Button is a button of the mouse.
type Button int

// The buttons, in the order of the DOM's MouseEvent.button.
const (
	ButtonLeft Button = iota
	ButtonMiddle
	ButtonRight
	ButtonNone Button = -1
)

// MouseEvent is one event at a point of the viewport, in CSS pixels.
type MouseEvent struct {
	Kind           MouseKind
	X, Y           float64
	Button         Button    // of a press or a release
	Held           []Button  // that are down during a move
	Clicks         int       // which click in a row a press or a release belongs to, from 1
	Modifiers      Modifiers // that are held
	DeltaX, DeltaY float64   // of a wheel
}

// KeyEvent is a key that goes down or up.
type KeyEvent struct {
	Down      bool
	Key       Key
	Modifiers Modifiers // that are held, with the key's own once it is down
	Text      string    // what the key types; empty for none
}

// Key is a key of the keyboard.
type Key struct {
	Name       string // DOM KeyboardEvent.key
	Code       string // DOM KeyboardEvent.code
	Text       string // what it types by itself
	Unmodified string // what it types without shift
	Windows    int64  // virtual key codes
	Native     int64
}

// Modifiers is a set of modifier keys.
type Modifiers int

// The modifiers.
const (
	ModifierAlt Modifiers = 1 << iota
	ModifierControl
	ModifierMeta
	ModifierShift
)
