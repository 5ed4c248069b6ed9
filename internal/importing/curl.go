package importing

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Curl makes a plan of curl commands, as a browser copies them or a person
// writes them: one step for each, which asks for a status below 400.
func Curl(data []byte) (*Result, error) {
	d := newDraft("Requests of curl")
	c := draftCase{id: "api.curl", name: "Requests of curl"}
	words, err := split(string(data))
	if err != nil {
		return nil, err
	}
	var command []string
	add := func() {
		defer func() { command = nil }()
		if len(command) == 0 {
			return
		}
		c.steps = append(c.steps, d.fromCurl(command)...)
	}
	for _, w := range words {
		if w.end {
			add()
			continue
		}
		command = append(command, w.text)
	}
	add()
	d.cases = []draftCase{c}
	d.base("")
	return d.result()
}

// word is a word of a command line, or the end of a command.
type word struct {
	text string
	end  bool
}

var errQuote = errors.New("a quote is not closed")

// split reads words as a shell does, without variables or commands within.
func split(text string) ([]word, error) {
	var words []word
	var b strings.Builder
	in := false
	flush := func() {
		if in {
			words = append(words, word{text: b.String()})
		}
		b.Reset()
		in = false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			if text[i] != '\n' {
				b.WriteByte(text[i])
				in = true
			}
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return nil, errQuote
			}
			b.WriteString(text[i+1 : i+1+end])
			i += end + 1
			in = true
		case c == '$' && strings.HasPrefix(text[i:], "$'"):
			n, err := ansi(&b, text[i+2:])
			if err != nil {
				return nil, err
			}
			i += 1 + n
			in = true
		case c == '"':
			n, err := quoted(&b, text[i+1:])
			if err != nil {
				return nil, err
			}
			i += n
			in = true
		case c == '\n' || c == ';' || c == '|' || c == '&' && !in:
			flush()
			words = append(words, word{end: true})
		case c == ' ' || c == '\t' || c == '\r':
			flush()
		default:
			b.WriteByte(c)
			in = true
		}
	}
	flush()
	return words, nil
}

// quoted reads up to the closing quote and returns the bytes read.
func quoted(b *strings.Builder, text string) (int, error) {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return i + 1, nil
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`\n", text[i+1]) >= 0:
			if i++; text[i] != '\n' {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(text[i])
		}
	}
	return 0, errQuote
}

// ansi reads the text of $'…'.
func ansi(b *strings.Builder, text string) (int, error) {
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\'':
			return i + 1, nil
		case text[i] == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				b.WriteByte('\n')
			case 'r':
				b.WriteByte('\r')
			case 't':
				b.WriteByte('\t')
			case 'u':
				var r rune
				if n, err := fmt.Sscanf(text[i+1:min(len(text), i+5)], "%04x", &r); err == nil && n == 1 {
					b.WriteRune(r)
					i += 4
				}
			default:
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(text[i])
		}
	}
	return 0, errQuote
}

// flags of curl that take a value, by their long name.
var curlShort = map[byte]string{'X': "request", 'H': "header", 'd': "data", 'F': "form", 'u': "user", 'A': "user-agent", 'e': "referer", 'b': "cookie",
	'o': "output", 'm': "max-time", 'x': "proxy", 'E': "cert", 'T': "upload-file", 'w': "write-out", 'c': "cookie-jar", 'D': "dump-header", 'K': "config", 'r': "range"}

var curlValues = map[string]bool{"request": true, "header": true, "data": true, "data-raw": true, "data-binary": true, "data-ascii": true, "data-urlencode": true, "json": true,
	"form": true, "form-string": true, "user": true, "user-agent": true, "referer": true, "cookie": true, "output": true, "max-time": true, "connect-timeout": true, "proxy": true, "cert": true,
	"key": true, "cacert": true, "upload-file": true, "write-out": true, "cookie-jar": true, "dump-header": true, "config": true, "url": true, "oauth2-bearer": true,
	"resolve": true, "retry": true, "max-redirs": true, "range": true, "aws-sigv4": true, "connect-to": true, "capath": true}

type curlCommand struct {
	*draft
	step
	urls            []string
	data            []string
	get, head, json bool
	follow          bool
	headers         [][2]string
	user            string
}

// fromCurl reads the words of one command.
func (d *draft) fromCurl(words []string) []step {
	if words[0] != "curl" && !strings.HasSuffix(words[0], "/curl") && words[0] != "curl.exe" {
		d.note("a line was left out: it does not begin with curl")
		return nil
	}
	c := &curlCommand{draft: d}
	for i := 1; i < len(words); i++ {
		w := words[i]
		take := func() string {
			if i+1 < len(words) {
				i++
				return words[i]
			}
			return ""
		}
		switch {
		case strings.HasPrefix(w, "--"):
			name := w[2:]
			if curlValues[name] {
				c.flag(name, take())
			} else {
				c.flag(name, "")
			}
		case len(w) > 1 && w[0] == '-':
			for k := 1; k < len(w); k++ {
				name, ok := curlShort[w[k]]
				if !ok {
					c.flag(map[byte]string{'G': "get", 'I': "head", 'L': "location", 'k': "insecure"}[w[k]], "")
					continue
				}
				v := w[k+1:]
				if v == "" {
					v = take()
				}
				c.flag(name, v)
				break
			}
		default:
			c.urls = append(c.urls, w)
		}
	}
	return c.finish()
}

func (c *curlCommand) flag(name, v string) {
	switch name {
	case "request":
		c.method = strings.ToUpper(v)
	case "header":
		if key, value, ok := strings.Cut(v, ":"); ok {
			c.headers = append(c.headers, [2]string{strings.TrimSpace(key), strings.TrimSpace(value)})
		}
	case "data", "data-raw", "data-binary", "data-ascii", "json":
		if strings.HasPrefix(v, "@") && name != "data-raw" {
			c.note("the body from the file %s was left out: put the file beside the plan and name it under file", v[1:])
			return
		}
		c.data = append(c.data, v)
		c.json = c.json || name == "json"
	case "data-urlencode":
		if key, value, ok := strings.Cut(v, "="); ok {
			v = key + "=" + url.QueryEscape(value)
		} else {
			v = url.QueryEscape(v)
		}
		c.data = append(c.data, v)
	case "form", "form-string":
		key, value, _ := strings.Cut(v, "=")
		if strings.HasPrefix(value, "@") || strings.HasPrefix(value, "<") {
			c.note("the part %s was left out: put its file beside the plan and add it under multipart", key)
			return
		}
		if key != "" && len(key) <= 200 && value != "" && len(c.parts) < 50 {
			c.parts = append(c.parts, part{c.literal(key), c.literal(value)})
		}
	case "user":
		c.user = v
	case "oauth2-bearer":
		c.headers = append(c.headers, [2]string{"Authorization", "Bearer " + v})
	case "user-agent", "referer":
	case "cookie":
		c.note("cookies of the command were left out: let the case sign in instead")
	case "url":
		c.urls = append(c.urls, v)
	case "get":
		c.get = true
	case "head":
		c.head = true
	case "location":
		c.follow = true
	case "insecure":
		c.insecure = true
	case "cert", "key", "cacert", "proxy", "upload-file", "aws-sigv4", "resolve", "connect-to":
		c.note("--%s was left out; see use.tls and file in docs/plan-format.md", name)
	}
}

func (c *curlCommand) finish() []step {
	var steps []step
	for _, address := range c.urls {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		u, ok := webURL(address)
		if !ok {
			c.note("a command was left out: its address is not one of http or https")
			continue
		}
		s := step{method: c.method, parts: c.parts, noFollow: !c.follow, status: mapping("lt", 400)}
		body := strings.Join(c.data, "&")
		if c.get && body != "" {
			u.RawQuery = strings.Trim(u.RawQuery+"&"+body, "&")
			body = ""
		}
		if s.method == "" {
			switch {
			case c.head:
				s.method = "HEAD"
			case body != "" || len(c.parts) > 0:
				s.method = "POST"
			default:
				s.method = "GET"
			}
		}
		if !method.MatchString(s.method) {
			c.note("a command was left out: %q is no method", s.method)
			continue
		}
		if s.url = c.literal(u.String()); len(s.url) > 8000 {
			c.note("a command was left out: its address is too long")
			continue
		}
		if user, password, ok := strings.Cut(c.user, ":"); ok && user != "" && password != "" {
			s.basic = &[2]string{c.literal(user), c.secret("PASSWORD", password)}
		}
		contentType := "application/x-www-form-urlencoded"
		if c.json {
			contentType = "application/json"
		}
		for _, h := range c.headers {
			if strings.EqualFold(h[0], "content-type") {
				contentType = h[1]
			}
			c.header(&s, h[0], h[1])
		}
		if len(s.parts) == 0 {
			c.payload(&s, contentType, body, c.literal)
			if s.body != "" && !c.json && !hasHeader(s.headers, "content-type") {
				c.header(&s, "Content-Type", contentType)
			}
		}
		steps = append(steps, s)
	}
	return steps
}

func hasHeader(headers map[string]string, name string) bool {
	for known := range headers {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}
