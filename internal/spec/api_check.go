package spec

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Timing holds limits of the phases of an exchange. A connection that was open
// already took no time for the first three.
type Timing struct {
	DNS       *Matcher `yaml:"dns" doc:"Looking the host up: the most it may take, or a mapping of matchers." matcher:"duration" example:"50ms"`
	Connect   *Matcher `yaml:"connect" doc:"Making the connection." matcher:"duration" example:"100ms"`
	TLS       *Matcher `yaml:"tls" doc:"The TLS handshake." matcher:"duration" example:"200ms"`
	FirstByte *Matcher `yaml:"firstByte" doc:"From sending to the first byte of the answer." matcher:"duration" example:"300ms"`
	Total     *Matcher `yaml:"total" doc:"Everything, from the beginning to the last byte." matcher:"duration" example:"1s"`
}

// Redirects judges the redirects that led to the answer.
type Redirects struct {
	Count   *Matcher `yaml:"count" doc:"How many were followed: a number, or a mapping of matchers." short:"true" matcher:"number" example:"1"`
	Through []string `yaml:"through" doc:"The addresses that were gone to, in order, absolute or relative to BASE_URL." max:"20" each:"1-8000" example:"[/login, /home]"`
}

// Certificate judges the certificate that a target showed.
type Certificate struct {
	ValidFor string   `yaml:"validFor" doc:"How long it must be valid yet, in days or as a duration." pattern:"days" max:"20" example:"30d"`
	Subject  *Matcher `yaml:"subject" doc:"Common name: a text that it equals, or a mapping of matchers." matcher:"text" example:"shop.test"`
	Issuer   *Matcher `yaml:"issuer" doc:"Common name of the issuer: a text that it equals, or a mapping of matchers." matcher:"text" example:"{contains: Encrypt}"`
	DNSName  string   `yaml:"dnsName" doc:"A name of a host that it must be valid for." min:"1" max:"253" example:"shop.test"`
}

// Snapshot compares the body with a file that lies beside the plan. JSON is
// compared by value, anything else as text.
type Snapshot struct {
	File   string             `yaml:"file" doc:"file:// reference to what was kept." required:"true" short:"true" pattern:"file" example:"file://snapshots/order.json"`
	Ignore []string           `yaml:"ignore" doc:"RFC 9535 expressions of what may differ; it must still be there." max:"100" each:"1-1000" example:"[$.id, \"$.items[*].createdAt\"]"`
	Fields map[string]Matcher `yaml:"fields" doc:"RFC 9535 expressions with a matcher that judges what each of them finds, instead of the snapshot." max:"100" example:"{$.id: {matches: \"^ord_\"}}"`
}

// ParseDays reads a time in days, such as 30d, or a duration.
func ParseDays(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, errors.New("not a number of days such as 30d")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := ParseDuration(text)
	return time.Duration(d), err
}
