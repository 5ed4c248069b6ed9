package spec

import "strings"

// modifiers are the keys that may be held while another one is pressed.
var modifiers = []string{"Alt", "Control", "ControlOrMeta", "Ctrl", "Meta", "Shift"}

// keyNames are the DOM names of keys on a keyboard, without the characters and
// without the families of multimedia keys.
var keyNames = strings.Fields(`Alt AltGraph ArrowDown ArrowLeft ArrowRight ArrowUp Backspace Cancel CapsLock Clear
	ContextMenu Control Convert Copy Cut Delete Eject End Enter Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13
	F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24 Find Fn FnLock Help Home Insert KanaMode Meta New NonConvert NumLock
	Open PageDown PageUp Paste Pause Power Print PrintScreen Props Redo Save ScrollLock Select Shift Space Super Tab
	Undo WakeUp`)

// otherKeys leads from what keyboards and other programs call a key to its DOM
// name.
var otherKeys = map[string]string{
	"return": "Enter", "esc": "Escape", "del": "Delete", "ins": "Insert", "up": "ArrowUp", "down": "ArrowDown",
	"left": "ArrowLeft", "right": "ArrowRight", "pgup": "PageUp", "pgdn": "PageDown", "spacebar": "Space",
	"cmd": "Meta", "command": "Meta", "win": "Meta", "option": "Alt",
}

// roles are the roles of WAI-ARIA 1.2 that an element can have, with the
// synonyms that 1.3 adds.
var roles = strings.Fields(`alert alertdialog application article banner blockquote button caption cell checkbox code
	columnheader combobox comment complementary contentinfo definition deletion dialog directory document emphasis
	feed figure form generic grid gridcell group heading image img insertion link list listbox listitem log main mark
	marquee math menu menubar menuitem menuitemcheckbox menuitemradio meter navigation none note option paragraph
	presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox separator
	slider spinbutton status strong subscript suggestion superscript switch tab table tablist tabpanel term textbox
	time timer toolbar tooltip tree treegrid treeitem`)
