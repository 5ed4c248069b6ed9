package assertion

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/xwb1989/sqlparser"
	"golang.org/x/net/html"

	"github.com/semantest/semantest/internal/spec"
)

// What is looked for within a text is tried at so many places at most.
const mostPlaces = 200

func isJSON(a Assertion, out Output) (Verdict, error) {
	schema, err := schemaOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	var doc any
	if err := json.Unmarshal([]byte(out.Text), &doc); err != nil {
		return verdict(false, "the output is no JSON (%s): %s", err, brief(out.Text))
	}
	return byShape(schema, doc)
}

// containsJSON takes the first object or list in the output that is JSON, and
// with a schema the first that it accepts.
func containsJSON(a Assertion, out Output) (Verdict, error) {
	schema, err := schemaOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	last, _ := verdict(false, "no JSON stands in the output %s", brief(out.Text))
	rest := out.Text
	for range mostPlaces {
		at := strings.IndexAny(rest, "{[")
		if at < 0 {
			break
		}
		rest = rest[at:]
		var doc any
		decoder := json.NewDecoder(strings.NewReader(rest))
		if decoder.Decode(&doc) != nil {
			rest = rest[1:]
			continue
		}
		if last, err = byShape(schema, doc); err != nil || last.Pass {
			return last, err
		}
		rest = rest[decoder.InputOffset():]
	}
	return last, nil
}

func schemaOf(v any) (*jsonschema.Schema, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // any JSON is welcome
	}
	return spec.CompileSchema(v)
}

func byShape(schema *jsonschema.Schema, doc any) (Verdict, error) {
	if schema == nil {
		return verdict(true, "")
	}
	if err := schema.Validate(doc); err != nil {
		return verdict(false, "the JSON is not as the schema says: %s", complaint(err))
	}
	return verdict(true, "")
}

// complaint is the first thing that a schema finds wrong, in a line.
func complaint(err error) string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	where := "the whole"
	if len(invalid.InstanceLocation) > 0 {
		where = "/" + strings.Join(invalid.InstanceLocation, "/")
	}
	lines := strings.Split(invalid.Error(), "\n")
	says := lines[len(lines)-1]
	if _, after, found := strings.Cut(says, "': "); found {
		says = after
	}
	return where + ": " + says
}

func isXML(a Assertion, out Output) (Verdict, error) {
	elements, err := elementsOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	text := strings.TrimSpace(out.Text)
	if !strings.HasPrefix(text, "<") {
		return verdict(false, "the output is no XML: %s", brief(out.Text))
	}
	found, end, err := readXML(text)
	if err != nil {
		return verdict(false, "the output is no XML (%s): %s", err, brief(out.Text))
	}
	if strings.TrimSpace(text[end:]) != "" {
		return verdict(false, "after the XML stands %s", brief(strings.TrimSpace(text[end:])))
	}
	return withElements(found, elements)
}

func containsXML(a Assertion, out Output) (Verdict, error) {
	elements, err := elementsOf(a.Value)
	if err != nil {
		return Verdict{}, err
	}
	last, _ := verdict(false, "no XML stands in the output %s", brief(out.Text))
	rest := out.Text
	for range mostPlaces {
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			break
		}
		rest = rest[at:]
		found, end, err := readXML(rest)
		if err != nil {
			rest = rest[1:]
			continue
		}
		if last, err = withElements(found, elements); err != nil || last.Pass {
			return last, err
		}
		rest = rest[end:]
	}
	return last, nil
}

// readXML reads one element with what is in it, and returns the paths that there
// are, without the outermost name, and where it ends.
func readXML(text string) (paths map[string]bool, end int, err error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	paths = map[string]bool{}
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil, 0, errors.New("it has no element")
		}
		if err != nil {
			return nil, 0, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if open = append(open, token.Name.Local); len(open) > 100 {
				return nil, 0, errors.New("it is too deep")
			}
			paths[strings.Join(open, ".")] = true
		case xml.EndElement:
			if open = open[:len(open)-1]; len(open) == 0 {
				return paths, int(decoder.InputOffset()), nil
			}
		}
	}
}

func withElements(found map[string]bool, wanted []string) (Verdict, error) {
	var missing []string
	for _, path := range wanted {
		if !found[path] {
			missing = append(missing, path)
		}
	}
	return verdict(len(missing) == 0, "the XML lacks %s", strings.Join(missing, ", "))
}

// element is a tag of HTML with a name that HTML knows, or a comment.
var element = regexp.MustCompile(`(?i)<(?:!doctype html|(?:a|abbr|article|aside|b|blockquote|body|br|button|canvas|code|dd|details|div|dl|dt|em|figure|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|ol|option|p|pre|script|section|select|small|span|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|th|thead|title|tr|u|ul|video)(?:\s[^<>]*)?/?)>`)

func containsHTML(_ Assertion, out Output) (Verdict, error) {
	return verdict(element.MatchString(out.Text), "no HTML stands in the output %s", brief(out.Text))
}

// isHTML demands that nothing but HTML stands there: no text before the first tag
// and none behind the last.
func isHTML(_ Assertion, out Output) (Verdict, error) {
	text := strings.TrimSpace(out.Text)
	if !strings.HasPrefix(text, "<") || !strings.HasSuffix(text, ">") || !element.MatchString(text) {
		return verdict(false, "the output is no HTML: %s", brief(out.Text))
	}
	depth, tokens := 0, html.NewTokenizer(strings.NewReader(text))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return verdict(errors.Is(tokens.Err(), io.EOF) && depth == 0, "the output is no whole HTML: %s", brief(out.Text))
		case html.TextToken:
			if depth == 0 && strings.TrimSpace(string(tokens.Text())) != "" {
				return verdict(false, "text stands outside the HTML: %s", brief(out.Text))
			}
		case html.StartTagToken:
			if name, _ := tokens.TagName(); !void[string(name)] {
				depth++
			}
		case html.EndTagToken:
			depth = max(depth-1, 0)
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

// void elements have no end.
var void = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true,
	"link": true, "meta": true, "source": true, "track": true, "wbr": true,
}

func isSQL(_ Assertion, out Output) (Verdict, error) {
	if err := parseSQL(out.Text); err != nil {
		return verdict(false, "the output is no SQL (%s): %s", err, brief(out.Text))
	}
	return verdict(true, "")
}

var fence = regexp.MustCompile("(?s)```(?:sql)?\\s*\\n?(.*?)```")

// containsSQL looks into blocks of code first, and then at what follows a word
// with which statements begin.
func containsSQL(_ Assertion, out Output) (Verdict, error) {
	for _, block := range fence.FindAllStringSubmatch(out.Text, mostPlaces) {
		if parseSQL(block[1]) == nil {
			return verdict(true, "")
		}
	}
	for _, at := range statement.FindAllStringIndex(out.Text, mostPlaces) {
		rest := out.Text[at[0]:]
		if end := strings.IndexByte(rest, ';'); end >= 0 {
			rest = rest[:end]
		} else if end := strings.Index(rest, "\n\n"); end >= 0 {
			rest = rest[:end]
		}
		if clause.MatchString(rest) && parseSQL(rest) == nil {
			return verdict(true, "")
		}
	}
	return verdict(false, "no SQL stands in the output %s", brief(out.Text))
}

// Outside code, "select the best" is a sentence and not a statement.
var clause = regexp.MustCompile(`(?i)\b(?:from|into|set|table|view|index|database)\b`)

var statement = regexp.MustCompile(`(?i)\b(?:select|insert|update|delete|create|alter|drop)\b`)

func parseSQL(text string) (err error) {
	const longest = 100_000
	if len(text) > longest {
		return errors.New("it is too long to be read")
	}
	defer func() { // a parser made by a machine, fed by strangers
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	_, err = sqlparser.Parse(strings.TrimRight(strings.TrimSpace(text), ";"))
	return err
}
