package spec

// WebSocket opens a connection, or goes on with one that is open, and performs
// its messages in order. Without As the connection is closed at the end of the
// step.
type WebSocket struct {
	URL       string            `yaml:"url" doc:"Absolute, or relative to BASE_URL; ws, wss, http or https." short:"true" one:"connection" min:"1" max:"8000" example:"/live"`
	On        string            `yaml:"on" doc:"Name of a connection that an earlier step has left open." one:"connection" pattern:"id" min:"1" max:"50" example:"live"`
	As        string            `yaml:"as" doc:"Name under which the connection stays open for later steps of the case, which see what arrives in the meantime." pattern:"id" min:"1" max:"50" example:"live"`
	Protocols []string          `yaml:"protocols" doc:"Subprotocols that are offered; one of them must be chosen." max:"20" each:"1-200" keys:"header" example:"[chat.v2, chat.v1]"`
	Headers   map[string]string `yaml:"headers" doc:"Headers of the opening request." max:"100" each:"0-10000" keys:"header" example:"{Authorization: \"Bearer ${{ API_TOKEN }}\"}"`
	Messages  []StreamAct       `yaml:"messages" doc:"What to send and what to expect, in order." max:"200" example:"[{send: hello}, {expect: {check: [{body: welcome}]}}]"`
}

// SSE opens an event stream, or goes on with one that is open. Without As it is
// left at the end of the step.
type SSE struct {
	URL         string            `yaml:"url" doc:"Absolute, or relative to BASE_URL; http or https." short:"true" one:"connection" min:"1" max:"8000" example:"/events"`
	On          string            `yaml:"on" doc:"Name of a stream that an earlier step has left open." one:"connection" pattern:"id" min:"1" max:"50" example:"ticks"`
	As          string            `yaml:"as" doc:"Name under which the stream stays open for later steps of the case, which see what arrives in the meantime." pattern:"id" min:"1" max:"50" example:"ticks"`
	Method      string            `yaml:"method" doc:"Method, in capitals." default:"GET, and POST with json" pattern:"method" max:"30" example:"POST"`
	Headers     map[string]string `yaml:"headers" doc:"Request headers." max:"100" each:"0-10000" keys:"header" example:"{Accept-Language: da}"`
	JSON        *Value            `yaml:"json" doc:"JSON body: any value." example:"{prompt: Hello}"`
	LastEventID string            `yaml:"lastEventId" doc:"Id of the last event that was seen: the server goes on behind it." max:"1000" example:"\"41\""`
	Events      []StreamAct       `yaml:"events" doc:"What to expect, in order." max:"200" example:"[{expect: {event: tick, skip: true}}]"`
}

// StreamAct is one thing to send or to expect: exactly one of its fields.
type StreamAct struct {
	Send        *Outgoing      `yaml:"send" doc:"Send a message. A text is a text message." action:"true" example:"{json: {type: hello}}"`
	Expect      *Expected      `yaml:"expect" doc:"The next message fits." action:"true" example:"{check: [{jsonpath: $.type, equals: welcome}]}"`
	ExpectAll   []Expected     `yaml:"expectAll" doc:"The next messages fit these, one each, in any order." action:"true" min:"1" max:"50" example:"[{check: [{body: a}]}, {check: [{body: b}]}]"`
	ExpectNone  *Quiet         `yaml:"expectNone" doc:"No message arrives for this long. A text is the time." action:"true" example:"500ms"`
	Listen      *Listen        `yaml:"listen" doc:"Take whatever arrives for some time. A text is the time." action:"true" example:"30s"`
	Close       *CloseFrame    `yaml:"close" doc:"Close the WebSocket. A number is the code." action:"true" example:"1000"`
	ExpectClose *ExpectedClose `yaml:"expectClose" doc:"The server closes the WebSocket, or ends the events. A number is the code." action:"true" example:"1000"`
}

// Outgoing is a message to send.
type Outgoing struct {
	Text   *string `yaml:"text" doc:"A text message." short:"true" one:"content" example:"hello"`
	JSON   *Value  `yaml:"json" doc:"A text message that holds a JSON value." one:"content" example:"{type: hello}"`
	Binary *string `yaml:"binary" doc:"A binary message, in base64." one:"content" max:"1400000" example:"AAEC"`
}

// Expected is what a message must be like. The checks and captures judge the
// message as the body of an answer; the fields of an event are its headers.
type Expected struct {
	Event   string             `yaml:"event" doc:"Type of a server-sent event." min:"1" max:"200" example:"tick"`
	Binary  *bool              `yaml:"binary" doc:"Whether the message of a WebSocket is a binary one." example:"true"`
	Checks  []Check            `yaml:"check" doc:"Assertions on the message: body, jsonpath, schema and so on, and for an event the headers event and id." max:"50" example:"[{jsonpath: $.type, equals: welcome}]"`
	Capture map[string]Capture `yaml:"capture" doc:"Variables taken from the message, for what comes later." max:"50" keys:"variable" example:"{ticket: {jsonpath: $.ticket}}"`
	Skip    bool               `yaml:"skip" doc:"Pass over messages that do not fit until one does." default:"false" example:"true"`
	SentAt  string             `yaml:"sentAt" doc:"JSONPath of the time at which the message was sent, RFC 3339 or milliseconds since 1970: for the delivery latency of a load, which otherwise counts from the last message that was sent over the connection." pattern:"line" min:"1" max:"500" example:"$.sentAt"`
	Within  Duration           `yaml:"within" doc:"How long to wait for the message." default:"5s" min:"1ms" max:"10m" example:"2s"`
}

// Listen takes messages for some time. In a load it ends with the scenario.
type Listen struct {
	For    Duration `yaml:"for" doc:"For how long." required:"true" short:"true" min:"1ms" max:"1h" example:"30s"`
	SentAt string   `yaml:"sentAt" doc:"JSONPath of the time at which a message was sent: for the delivery latency of a load." pattern:"line" min:"1" max:"500" example:"$.sentAt"`
}

// Quiet says that nothing arrives.
type Quiet struct {
	Within Duration `yaml:"within" doc:"For how long." required:"true" short:"true" min:"1ms" max:"1m" example:"500ms"`
	Event  string   `yaml:"event" doc:"Only events of this type count." min:"1" max:"200" example:"error"`
	Checks []Check  `yaml:"check" doc:"Only messages that fit these count; others are kept for what comes later." max:"50" example:"[{jsonpath: $.type, equals: error}]"`
}

// CloseFrame closes a WebSocket.
type CloseFrame struct {
	Code   int    `yaml:"code" doc:"Close code." default:"1000" short:"true" min:"1000" max:"4999" example:"1000"`
	Reason string `yaml:"reason" doc:"Reason." max:"123" example:"done"`
}

// ExpectedClose says how the server ends the connection.
type ExpectedClose struct {
	Code   *Matcher `yaml:"code" doc:"Close code: one that it equals, or a mapping of matchers. 1005 stands for none." short:"true" matcher:"number" example:"1000"`
	Reason *Matcher `yaml:"reason" doc:"Reason: a text that it equals, or a mapping of matchers." matcher:"text" example:"{contains: idle}"`
	Within Duration `yaml:"within" doc:"How long to wait for it." default:"5s" min:"1ms" max:"10m" example:"2s"`
}

// GraphQL describes one operation.
type GraphQL struct {
	URL           string            `yaml:"url" doc:"Absolute, or relative to BASE_URL; http or https." default:"/graphql" min:"1" max:"8000" example:"/api/graphql"`
	On            string            `yaml:"on" doc:"Name of a subscription that an earlier step has left open." one:"operation" pattern:"id" min:"1" max:"50" example:"orders"`
	Query         string            `yaml:"query" doc:"The document: query, mutation or subscription." one:"operation" min:"1" max:"100000" example:"\"{ products { sku } }\""`
	File          string            `yaml:"file" doc:"file:// reference to the document." one:"operation" pattern:"file" example:"file://order.graphql"`
	OperationName string            `yaml:"operationName" doc:"Which operation of the document is meant." max:"200" example:"PlaceOrder"`
	Variables     map[string]Value  `yaml:"variables" doc:"Variables of the operation." max:"200" example:"{sku: A1, count: 2}"`
	Headers       map[string]string `yaml:"headers" doc:"Request headers." max:"100" each:"0-10000" keys:"header" example:"{Authorization: \"Bearer ${{ API_TOKEN }}\"}"`
	Validate      *bool             `yaml:"validate" doc:"Whether the operation is validated against the schema that the server tells by introspection, before it is sent. The schema is asked for once in an attempt; where the server does not tell it, nothing is validated." default:"true" example:"false"`
	Errors        string            `yaml:"errors" doc:"none: an answer with errors fails the step; partial: it must have errors and data; some: it must have errors; any: errors are not judged." default:"none" enum:"none,partial,some,any" example:"partial"`
	Transport     string            `yaml:"transport" doc:"How a subscription is listened to: websocket by graphql-transport-ws, or sse." default:"websocket" enum:"websocket,sse" example:"sse"`
	Init          map[string]Value  `yaml:"init" doc:"Payload of connection_init, for a subscription over a WebSocket." max:"50" example:"{token: \"${{ API_TOKEN }}\"}"`
	As            string            `yaml:"as" doc:"Name under which a subscription stays open for later steps of the case." pattern:"id" min:"1" max:"50" example:"orders"`
	Events        []StreamAct       `yaml:"events" doc:"What to expect of a subscription, in order; a message is what the operation returns: {data, errors}." max:"200" example:"[{expect: {check: [{jsonpath: $.data.order.state, equals: PAID}]}}]"`
}

// URLOr returns the address, or /graphql where none was given.
func (g GraphQL) URLOr() string {
	if g.URL == "" {
		return "/graphql"
	}
	return g.URL
}

// script is the list of what a step sends and expects, with its key.
func (s *APIStep) script() (key, list string, acts []StreamAct) {
	switch {
	case s.WebSocket != nil:
		return "websocket", "messages", s.WebSocket.Messages
	case s.SSE != nil:
		return "sse", "events", s.SSE.Events
	case s.GraphQL != nil:
		return "graphql", "events", s.GraphQL.Events
	}
	return "", "", nil
}

// expectations returns what an act expects.
func (a *StreamAct) expectations() []*Expected {
	if a.Expect != nil {
		return []*Expected{a.Expect}
	}
	var out []*Expected
	for i := range a.ExpectAll {
		out = append(out, &a.ExpectAll[i])
	}
	return out
}
