package spec

// APIStep is one thing that an api case does: exactly one action, and for those
// that get an answer what to keep of it and what to check.
type APIStep struct {
	Name      string             `yaml:"name" doc:"For readers; the action and its target when absent." max:"200" pattern:"line" example:"Place an order"`
	HTTP      *HTTPRequest       `yaml:"http" doc:"Send an HTTP request. A text is its url." action:"true" example:"{method: POST, url: /orders, json: {sku: A1}}"`
	GraphQL   *GraphQL           `yaml:"graphql" doc:"Send a GraphQL operation; a subscription is listened to." action:"true" example:"{query: \"{ products { sku } }\"}"`
	WebSocket *WebSocket         `yaml:"websocket" doc:"Talk over a WebSocket. A text is its url." action:"true" example:"{url: /live, messages: [{send: hello}, {expect: {check: [{body: welcome}]}}]}"`
	SSE       *SSE               `yaml:"sse" doc:"Listen to server-sent events. A text is its url." action:"true" example:"{url: /events, events: [{expect: {event: tick}}]}"`
	GRPC      *GRPC              `yaml:"grpc" doc:"Call a gRPC method." action:"true" example:"{method: shop.Orders/Get, message: {id: 7}}"`
	Wait      Duration           `yaml:"wait" doc:"Let some time pass. To wait for something, use until." action:"true" min:"1ms" max:"10m" example:"500ms"`
	Group     *Group             `yaml:"group" doc:"Steps that belong together, one after the other or at the same time." action:"true" example:"{parallel: true, steps: [{http: /a}, {http: /b}]}"`
	If        *If                `yaml:"if" doc:"Steps that are performed only when a variable is as it says." action:"true" example:"{variable: state, equals: PAID, then: [{http: /receipt}]}"`
	For       *For               `yaml:"for" doc:"Steps that are performed once for each row of data." action:"true" example:"{as: product, rows: [{sku: A1}, {sku: B2}], steps: [{http: \"/products/${{ product.sku }}\"}]}"`
	Timeout   Duration           `yaml:"timeout" doc:"Limit of this step, with until of each try; overrides use.stepTimeout." min:"1ms" max:"1h" example:"5s"`
	Until     *Until             `yaml:"until" doc:"Perform the step again until it passes." example:"{attempts: 20, every: 500ms, within: 30s}"`
	Capture   map[string]Capture `yaml:"capture" doc:"Variables taken from the answer, for later steps of the case." max:"50" keys:"variable" example:"{orderId: {jsonpath: $.id}}"`
	Checks    []Check            `yaml:"check" doc:"Assertions on the answer; every one is evaluated, one that fails fails the case." max:"100" example:"[{status: 201}, {jsonpath: $.state, equals: PENDING}]"`
}

// HTTPRequest describes one request. At most one of JSON, Form, Multipart and
// Body is set.
type HTTPRequest struct {
	Method          string                `yaml:"method" doc:"Method, in capitals." default:"GET" pattern:"method" max:"30" example:"POST"`
	URL             string                `yaml:"url" doc:"Absolute, or relative to BASE_URL; http or https." required:"true" short:"true" min:"1" max:"8000" example:"/orders/${{ orderId }}"`
	Query           map[string]StringList `yaml:"query" doc:"Query parameters, added to those in the URL." max:"100" example:"{page: 2, tag: [a, b]}"`
	Headers         map[string]string     `yaml:"headers" doc:"Request headers." max:"100" each:"0-10000" keys:"header" example:"{Authorization: \"Bearer ${{ API_TOKEN }}\"}"`
	JSON            *Value                `yaml:"json" doc:"JSON body: any value." most:"body" example:"{sku: A1, count: 2}"`
	Form            map[string]StringList `yaml:"form" doc:"URL-encoded form body." max:"1000" most:"body" example:"{user: ada, role: [admin, buyer]}"`
	Multipart       []Part                `yaml:"multipart" doc:"multipart/form-data body." min:"1" max:"50" most:"body" example:"[{name: photo, file: file://cat.png}]"`
	Body            *string               `yaml:"body" doc:"Body as text." most:"body" example:"plain text"`
	File            string                `yaml:"file" doc:"Body from a file beside the plan: a file:// reference." most:"body" pattern:"file" example:"file://photo.png"`
	Chunked         bool                  `yaml:"chunked" doc:"Send the body in chunks, without saying its length first." default:"false" example:"true"`
	Compress        string                `yaml:"compress" doc:"Send the body compressed." enum:"gzip,br,zstd" example:"gzip"`
	Auth            *Auth                 `yaml:"auth" doc:"How the request shows who it is from; overrides use.auth." example:"{basic: {username: ada, password: \"${{ PASSWORD }}\"}}"`
	Proxy           *Proxy                `yaml:"proxy" doc:"Proxy that this request goes through; overrides use.proxy. A text is its url." example:"http://proxy.test:3128"`
	Save            string                `yaml:"save" doc:"Keep the body of the answer as an artifact of this name." pattern:"artifact" min:"1" max:"100" example:"invoice.pdf"`
	FollowRedirects *bool                 `yaml:"followRedirects" doc:"Follow up to 10 redirects." default:"true" example:"false"`
}

// Part is one part of a multipart body: a value or a file.
type Part struct {
	Name        string `yaml:"name" doc:"Name of the form field." required:"true" min:"1" max:"200" example:"photo"`
	Value       string `yaml:"value" doc:"Content as text." one:"content" example:"a text"`
	File        string `yaml:"file" doc:"file:// reference to a file that lies beside the plan." one:"content" pattern:"file" example:"file://images/cat.png"`
	Filename    string `yaml:"filename" doc:"File name to send; the file's own when absent." max:"200" example:"cat.png"`
	ContentType string `yaml:"contentType" doc:"Media type of the part." max:"200" example:"image/png"`
}

// Capture says where a variable's value is found: exactly one of its fields but
// Secret.
type Capture struct {
	JSONPath string `yaml:"jsonpath" doc:"RFC 9535 expression on the JSON body; its first node is taken." one:"source" min:"1" max:"1000" example:"$.id"`
	Header   string `yaml:"header" doc:"Name of a response header." one:"source" pattern:"header" max:"200" example:"Location"`
	XPath    string `yaml:"xpath" doc:"XPath 1.0 expression on the HTML or XML body; the text of its first node, or what it computes." one:"source" min:"1" max:"1000" example:"//h1"`
	Regex    string `yaml:"regex" doc:"RE2 expression on the body; the first group, or the whole match." one:"source" min:"1" max:"1000" example:"token=([a-z0-9]+)"`
	Cookie   string `yaml:"cookie" doc:"Name of a cookie that is held after the answer." one:"source" min:"1" max:"200" example:"session"`
	Status   bool   `yaml:"status" doc:"true: the status code." one:"source" example:"true"`
	Secret   bool   `yaml:"secret" doc:"Hide the value from now on wherever it shows up, like a secret of the plan." default:"false" example:"true"`
}

// Check is one assertion on an answer: one subject, and for Header, Cookie,
// JSONPath, XPath and Regex the matcher beside it. A subject that stands alone
// asks that it exists.
type Check struct {
	Status      *Matcher     `yaml:"status" doc:"Status code: 201, [200, 204], 2xx, or a mapping of matchers." one:"subject" matcher:"status" example:"201"`
	Header      string       `yaml:"header" doc:"Name of a response header; matchers stand beside it." one:"subject" pattern:"header" max:"200" example:"Location"`
	Cookie      string       `yaml:"cookie" doc:"Name of a cookie that is held after the answer; matchers stand beside it and judge its value." one:"subject" min:"1" max:"200" example:"session"`
	Body        *Matcher     `yaml:"body" doc:"Body as text: a text that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"{contains: thanks}"`
	JSONPath    string       `yaml:"jsonpath" doc:"RFC 9535 expression on the JSON body; matchers stand beside it and judge the node it finds, or the list of them where it finds several." one:"subject" min:"1" max:"1000" example:"$.items[0].sku"`
	XPath       string       `yaml:"xpath" doc:"XPath 1.0 expression on the HTML or XML body; matchers stand beside it and judge the text of the node it finds, the list of them where it finds several, or the number, text or boolean that it computes." one:"subject" min:"1" max:"1000" example:"//h1"`
	Regex       string       `yaml:"regex" doc:"RE2 expression on the body; matchers stand beside it and judge the first group, or the whole match." one:"subject" min:"1" max:"1000" example:"order ([0-9]+)"`
	Bytes       *Matcher     `yaml:"bytes" doc:"Body of at most 64 KiB in hexadecimal, in small letters: a text that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"{matches: ^89504e47}"`
	SHA256      *Matcher     `yaml:"sha256" doc:"SHA-256 of the body in hexadecimal: a text that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`
	MD5         *Matcher     `yaml:"md5" doc:"MD5 of the body in hexadecimal: a text that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"d41d8cd98f00b204e9800998ecf8427e"`
	Size        *Matcher     `yaml:"size" doc:"Bytes of the body, decoded: a number that it equals, or a mapping of matchers." one:"subject" matcher:"number" example:"{lt: 100000}"`
	Schema      *Schema      `yaml:"schema" doc:"JSON Schema (draft 2020-12) of the body: a file:// reference or the schema itself." one:"subject" example:"file://order.schema.json"`
	Snapshot    *Snapshot    `yaml:"snapshot" doc:"The body is as it was when it was kept in a file. A text is its file." one:"subject" example:"file://snapshots/order.json"`
	Duration    *Matcher     `yaml:"duration" doc:"Time from sending to the last byte: the most it may take, such as 500ms, or a mapping of matchers." one:"subject" matcher:"duration" example:"500ms"`
	Timing      *Timing      `yaml:"timing" doc:"Time of single phases." one:"subject" example:"{connect: 100ms, firstByte: 300ms}"`
	Redirects   *Redirects   `yaml:"redirects" doc:"The redirects that were followed. A number is how many." one:"subject" example:"{count: 1, through: [/login]}"`
	Certificate *Certificate `yaml:"certificate" doc:"The certificate of the target." one:"subject" example:"{validFor: 30d}"`
	Protocol    *Matcher     `yaml:"protocol" doc:"HTTP/1.1 or HTTP/2.0: a text that it equals, or a mapping of matchers." one:"subject" matcher:"text" example:"HTTP/2.0"`
	GRPCStatus  *Matcher     `yaml:"grpcStatus" doc:"Status of a gRPC call, such as OK or NOT_FOUND: a text that it equals, or a mapping of matchers. Without this check any other than OK fails the step." one:"subject" matcher:"text" example:"NOT_FOUND"`
	Strict      bool         `yaml:"strict" doc:"With schema: objects may have no properties but those that the schema names." default:"false" example:"true"`
	Matcher     `yaml:",inline"`
}

// Schema is a JSON Schema by reference or in place; one of the two is set.
// File is the reference as it is written, with file://.
type Schema struct {
	File   string
	Inline any
}
