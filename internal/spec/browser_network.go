package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// RequestPattern says which requests are meant.
type RequestPattern struct {
	URL     string `yaml:"url" doc:"Address: * stands for anything but a slash, ** for anything, {a,b} for one of them. Relative to BASE_URL unless it begins with *." short:"true" one:"way to name requests" min:"1" max:"2000" example:"\"**/api/orders\""`
	Matches string `yaml:"matches" doc:"RE2 expression that the whole address matches somewhere." one:"way to name requests" min:"1" max:"1000" example:"/api/orders/[0-9]+$"`
	Method  string `yaml:"method" doc:"Only requests of this method." pattern:"method" max:"20" example:"POST"`
}

// Route answers, stops or changes requests before they reach the network.
type Route struct {
	RequestPattern `yaml:",inline"`
	Status         *int              `yaml:"status" doc:"Answer with this code instead of asking the server." default:"200" min:"100" max:"599" example:"503"`
	Headers        map[string]string `yaml:"headers" doc:"Headers of the answer." max:"50" each:"0-10000" keys:"header" example:"{Retry-After: \"5\"}"`
	JSON           *Value            `yaml:"json" doc:"Body of the answer, as JSON." most:"answer" example:"{items: []}"`
	Body           *string           `yaml:"body" doc:"Body of the answer, as text." most:"answer" max:"1000000" example:"down for maintenance"`
	File           string            `yaml:"file" doc:"Body of the answer: a file:// reference, at most 10 MiB." most:"answer" pattern:"file" example:"file://catalogue.json"`
	Abort          string            `yaml:"abort" doc:"Let the request fail in this way." most:"answer" enum:"failed,timedout,refused,reset,disconnected,unresolved,blocked" example:"refused"`
	Change         *RequestChange    `yaml:"change" doc:"Send it to the server, but otherwise than the page has made it." most:"answer" example:"{headers: {X-Test: \"1\"}}"`
	Delay          Duration          `yaml:"delay" doc:"Let it wait before." max:"1m" example:"2s"`
	Times          *int              `yaml:"times" doc:"How often this is done; requests go on as they are afterwards." min:"1" max:"10000" example:"1"`
	Remove         bool              `yaml:"remove" doc:"true: end the routes that name requests in the same way." most:"answer" example:"true"`
}

// RequestChange is what is sent otherwise.
type RequestChange struct {
	Method  string            `yaml:"method" doc:"Another method." pattern:"method" max:"20" example:"PUT"`
	Headers map[string]string `yaml:"headers" doc:"Headers to set." max:"50" each:"0-10000" keys:"header" example:"{X-Test: \"1\"}"`
	Remove  []string          `yaml:"remove" doc:"Headers to leave out." max:"50" keys:"header" example:"[Authorization]"`
	JSON    *Value            `yaml:"json" doc:"Another body, as JSON." most:"body" example:"{sku: A1}"`
	Body    *string           `yaml:"body" doc:"Another body, as text." most:"body" max:"1000000" example:"sku=A1"`
}

// AwaitedRequest is a request that the page makes.
type AwaitedRequest struct {
	RequestPattern `yaml:",inline" short:"true"`
	Headers        map[string]Matcher `yaml:"headers" doc:"Headers with a matcher each." max:"50" keys:"header" example:"{Authorization: {matches: \"^Bearer \"}}"`
	Body           *Matcher           `yaml:"body" doc:"Its body: a text that it equals, or a mapping of matchers." matcher:"text" example:"{contains: A1}"`
	JSON           []JSONCheck        `yaml:"json" doc:"Checks on its JSON body." min:"1" max:"50" example:"[{jsonpath: $.sku, equals: A1}]"`
	Capture        map[string]string  `yaml:"capture" doc:"Variables with JSONPath expressions on the body." max:"20" each:"1-1000" keys:"variable" example:"{sku: $.sku}"`
}

// AwaitedResponse is an answer that the page gets.
type AwaitedResponse struct {
	RequestPattern `yaml:",inline" short:"true"`
	Status         *Matcher           `yaml:"status" doc:"Its code: 201, [200, 204], 2xx, or a mapping of matchers." matcher:"status" example:"201"`
	Headers        map[string]Matcher `yaml:"headers" doc:"Headers with a matcher each." max:"50" keys:"header" example:"{Content-Type: {contains: json}}"`
	Body           *Matcher           `yaml:"body" doc:"Its body: a text that it equals, or a mapping of matchers." matcher:"text" example:"{contains: thanks}"`
	JSON           []JSONCheck        `yaml:"json" doc:"Checks on its JSON body." min:"1" max:"50" example:"[{jsonpath: $.state, equals: PAID}]"`
	Capture        map[string]string  `yaml:"capture" doc:"Variables with JSONPath expressions on the body." max:"20" each:"1-1000" keys:"variable" example:"{orderId: $.id}"`
}

// JSONCheck judges what an expression finds.
type JSONCheck struct {
	JSONPath string `yaml:"jsonpath" doc:"RFC 9535 expression; alone, it asks that there is such a value." required:"true" short:"true" min:"1" max:"1000" example:"$.id"`
	Matcher  `yaml:",inline"`
}

// MadeRequests are requests that the case has made so far.
type MadeRequests struct {
	RequestPattern `yaml:",inline" short:"true"`
	Times          *Matcher `yaml:"times" doc:"How many there are: a number, or a mapping of matchers; at least one when absent." matcher:"number" example:"1"`
}

// URLs returns whether an address is meant, with variables filled in. resolve
// makes a relative one whole.
func (p RequestPattern) URLs(resolve func(string) (string, error)) (func(url string) bool, error) {
	expression := p.Matches
	if p.URL != "" {
		url := p.URL
		if !strings.HasPrefix(url, "*") && !strings.Contains(url, "://") {
			// What resolving would escape is put back afterwards.
			hidden := strings.NewReplacer("*", "\uE000", "{", "\uE001", "}", "\uE002")
			whole, err := resolve(hidden.Replace(url))
			if err != nil {
				return nil, err
			}
			url = strings.NewReplacer("%EE%80%80", "*", "%EE%80%81", "{", "%EE%80%82", "}", "\uE000", "*", "\uE001", "{", "\uE002", "}").Replace(whole)
		}
		expression = globExpression(url)
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("%s is no expression: %w", brief(expression), err)
	}
	return re.MatchString, nil
}

// globExpression is a pattern of addresses as a regular expression. Without a
// question mark the pattern leaves the query open.
func globExpression(glob string) string {
	var b strings.Builder
	b.WriteString("^")
	open := false
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/?#]*")
		case c == '{' && !open && strings.Contains(glob[i:], "}"):
			open = true
			b.WriteString("(?:")
		case c == '}' && open:
			open = false
			b.WriteString(")")
		case c == ',' && open:
			b.WriteString("|")
		default:
			b.WriteString(regexp.QuoteMeta(string([]byte{c})))
		}
	}
	if !strings.Contains(glob, "?") {
		b.WriteString(`(?:[?#].*)?`)
	}
	return b.String() + "$"
}

// String is the pattern with its method.
func (p RequestPattern) String() string {
	url := p.URL
	if p.Matches != "" {
		url = "/" + p.Matches + "/"
	}
	return words(p.Method, url)
}

// Captured lists the variables that a step captures.
func (s BrowserStep) Captured() []string {
	switch {
	case s.AwaitRequest != nil:
		return sortedKeys(s.AwaitRequest.Capture)
	case s.AwaitResponse != nil:
		return sortedKeys(s.AwaitResponse.Capture)
	case s.Evaluate != nil && s.Evaluate.As != "":
		return []string{s.Evaluate.As}
	}
	return nil
}
