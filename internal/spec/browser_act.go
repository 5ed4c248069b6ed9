package spec

// Point is a place or a distance in CSS pixels.
type Point struct {
	X float64 `yaml:"x" doc:"CSS pixels to the right." min:"-100000" max:"100000" example:"120"`
	Y float64 `yaml:"y" doc:"CSS pixels downwards." min:"-100000" max:"100000" example:"40"`
}

// Click says how an element is clicked.
type Click struct {
	Locator   `yaml:",inline" short:"true"`
	Button    string   `yaml:"button" doc:"Button of the mouse." default:"left" enum:"left,right,middle" example:"right"`
	Modifiers []string `yaml:"modifiers" doc:"Keys that are held meanwhile: Alt, Control, ControlOrMeta, Meta, Shift." min:"1" max:"4" keys:"modifier" example:"[Shift]"`
	Position  *Point   `yaml:"position" doc:"Where in the element, from its upper left corner; its middle when absent." example:"{x: 5, y: 5}"`
	Count     *int     `yaml:"count" doc:"How many clicks in a row." default:"1" min:"1" max:"10" example:"3"`
}

// Type presses the keys of a text one by one.
type Type struct {
	Locator `yaml:",inline" optional:"true"`
	Value   string   `yaml:"value" doc:"The text; it is typed where the field's cursor is, and what the field holds stays." required:"true" short:"true" min:"1" max:"5000" example:"ada@"`
	Delay   Duration `yaml:"delay" doc:"Time between two keys." max:"2s" example:"50ms"`
}

// Drag moves an element with the mouse: to another element, or by a distance.
type Drag struct {
	Locator    `yaml:",inline"`
	To         *Locator `yaml:"to" doc:"The element on which it is dropped." one:"place to drop it" example:"{testId: done}"`
	By         *Point   `yaml:"by" doc:"How far it is dragged." one:"place to drop it" example:"{x: 120, y: 0}"`
	Position   *Point   `yaml:"position" doc:"Where it is taken, from its upper left corner; its middle when absent." example:"{x: 5, y: 5}"`
	ToPosition *Point   `yaml:"toPosition" doc:"Where in the other element it is dropped; its middle when absent." example:"{x: 10, y: 10}"`
}

// Upload gives files to a page.
type Upload struct {
	Locator `yaml:",inline"`
	Files   []string `yaml:"files" doc:"file:// references; an empty list takes away what was chosen." required:"true" max:"20" keys:"file" example:"[file://files/cat.png]"`
}

// Download clicks and keeps the file that comes.
type Download struct {
	Click  *Click   `yaml:"click" doc:"What is clicked for it." required:"true" example:"{role: link, name: Invoice}"`
	Name   *Matcher `yaml:"name" doc:"Name that is proposed for the file: one that it equals, or a mapping of matchers." matcher:"text" example:"{matches: \"^invoice-[0-9]+[.]pdf$\"}"`
	Size   *Matcher `yaml:"size" doc:"Bytes of the file, as a mapping of matchers." matcher:"number" example:"{gt: 1000}"`
	SHA256 *Matcher `yaml:"sha256" doc:"SHA-256 of the file in hexadecimal: one that it equals, or a mapping of matchers." matcher:"text" example:"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`
	Text   *Matcher `yaml:"text" doc:"The file as text: one that it equals, or a mapping of matchers." matcher:"text" example:"{contains: Total}"`
	As     string   `yaml:"as" doc:"Name of the artifact; the proposed one when absent." pattern:"artifact" min:"1" max:"100" example:"invoice.pdf"`
}

// Scroll brings something into view: an element, for which it scrolls on where
// it is not there yet, or a part of the page or of a box.
type Scroll struct {
	Locator `yaml:",inline" optional:"true" short:"true"`
	By      *Point   `yaml:"by" doc:"How far, by the wheel of the mouse." example:"{y: 600}"`
	To      string   `yaml:"to" doc:"To an end." enum:"top,bottom,left,right" example:"bottom"`
	In      *Locator `yaml:"in" doc:"The box that is scrolled; the page when absent." example:"{testId: messages}"`
}

// Dialog says how the next dialog is answered.
type Dialog struct {
	Answer  string   `yaml:"answer" doc:"What is pressed." required:"true" short:"true" enum:"accept,dismiss" example:"accept"`
	Text    string   `yaml:"text" doc:"What is typed into a prompt before." max:"10000" example:"Ada"`
	Message *Matcher `yaml:"message" doc:"What the dialog must say: a text that it equals, or a mapping of matchers." matcher:"text" example:"{contains: Delete}"`
}

// Tab opens, chooses or closes a tab. The steps behind it act on the one that is
// chosen.
type Tab struct {
	Switch *int     `yaml:"switch" doc:"Choose by number, in the order in which they were opened: 0 is the first, -1 the last." short:"true" one:"thing to do" min:"-1" max:"50" example:"1"`
	URL    *Matcher `yaml:"url" doc:"Choose by address: one that it equals (relative to BASE_URL), or a mapping of matchers." one:"thing to do" matcher:"text" example:"{contains: /terms}"`
	Title  *Matcher `yaml:"title" doc:"Choose by title: one that it equals, or a mapping of matchers." one:"thing to do" matcher:"text" example:"Terms"`
	Open   string   `yaml:"open" doc:"Open an address in a new tab and choose it." one:"thing to do" min:"1" max:"8000" example:"/terms"`
	Close  bool     `yaml:"close" doc:"true: close the chosen tab and go back to the one chosen before." one:"thing to do" example:"true"`
}

// Clipboard puts a text into the clipboard.
type Clipboard struct {
	Write string `yaml:"write" doc:"The text." required:"true" short:"true" max:"100000" example:"DW-1042"`
}

// Cookies changes the cookies of the case.
type Cookies struct {
	Set    []Cookie `yaml:"set" doc:"Cookies to set." min:"1" max:"50" example:"[{name: consent, value: \"yes\"}]"`
	Delete []string `yaml:"delete" doc:"Names of cookies to delete, of every site." min:"1" max:"50" each:"1-200" example:"[session]"`
	Clear  bool     `yaml:"clear" doc:"true: delete all first." example:"true"`
}

// Cookie is a cookie of a browser.
type Cookie struct {
	Name     string   `yaml:"name" doc:"Its name." required:"true" min:"1" max:"200" example:"session"`
	Value    string   `yaml:"value" doc:"Its value." required:"true" max:"4096" example:"${{ uuid }}"`
	URL      string   `yaml:"url" doc:"The address that it is for; BASE_URL when there is neither this nor a domain." most:"owner" min:"1" max:"2000" example:"https://shop.test"`
	Domain   string   `yaml:"domain" doc:"The domain that it is for, with its subdomains." most:"owner" min:"1" max:"253" example:"shop.test"`
	Path     string   `yaml:"path" doc:"Path below which it is sent." default:"/" min:"1" max:"1000" example:"/account"`
	Secure   bool     `yaml:"secure" doc:"Sent over https only." default:"false" example:"true"`
	HTTPOnly bool     `yaml:"httpOnly" doc:"Hidden from scripts." default:"false" example:"true"`
	SameSite string   `yaml:"sameSite" doc:"When it goes to other sites." enum:"Strict,Lax,None" example:"Lax"`
	Expires  Duration `yaml:"expires" doc:"How long it lasts; as long as the case when absent." min:"1s" max:"8760h" example:"1h"`
}

// StorageState keeps, or brings back, cookies and local storage, so that one
// sign-in serves many cases.
type StorageState struct {
	Load string `yaml:"load" doc:"file:// reference to a state that was saved." short:"true" one:"thing to do" pattern:"file" example:"file://signed-in.json"`
	Save string `yaml:"save" doc:"Name of the artifact under which the state is kept." one:"thing to do" pattern:"artifact" min:"1" max:"100" example:"signed-in.json"`
}

// Permissions are what pages may do without asking.
type Permissions struct {
	Grant []string `yaml:"grant" doc:"What is allowed." min:"1" max:"20" each:"1-50" example:"[geolocation]"`
	Deny  []string `yaml:"deny" doc:"What is refused." min:"1" max:"20" each:"1-50" example:"[notifications]"`
}

// Geolocation is where the device says that it is.
type Geolocation struct {
	Latitude  float64  `yaml:"latitude" doc:"Degrees." required:"true" min:"-90" max:"90" example:"55.68"`
	Longitude float64  `yaml:"longitude" doc:"Degrees." required:"true" min:"-180" max:"180" example:"12.57"`
	Accuracy  *float64 `yaml:"accuracy" doc:"Metres." default:"10" min:"0" max:"1000000" example:"100"`
}

// permissionNames are what Permissions may name, by the words of the web.
var permissionNames = []string{
	"accelerometer", "background-sync", "camera", "clipboard-read", "clipboard-write", "display-capture", "geolocation", "gyroscope",
	"local-fonts", "magnetometer", "microphone", "midi", "notifications", "payment-handler", "persistent-storage",
	"screen-wake-lock", "storage-access", "window-management",
}
