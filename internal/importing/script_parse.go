package importing

import (
	"slices"
	"strconv"
	"strings"
)

// expression is a part of a script, as far as it is understood.
type expression struct {
	kind   expressionKind
	line   int
	text   string // of a text, a pattern, the first name of a chain; what else it is
	flags  string // of a pattern
	number float64
	keys   []string      // of an object
	list   []*expression // values of an object, elements of an array
	links  []link        // of a chain
	params []string      // of a function
	body   []statement
}

type expressionKind int

const (
	isOther expressionKind = iota // what is not understood
	isText
	isNumber
	isBool
	isPattern
	isObject
	isArray
	isChain // a name and what is asked of it: page.getByRole("button").click()
	isFunction
)

// link is .name, .name(…) or, without a name, (…).
type link struct {
	name string
	call bool
	args []*expression
	line int
}

// statement is one of a script.
type statement struct {
	line  int
	name  string // of the constant that it gives a value; empty for none
	value *expression
}

// maxNesting bounds how deep expressions lie in each other.
const maxNesting = 60

type parser struct {
	tokens []token
	at     int
	depth  int
}

// statements reads until the end, or the brace that closes a block.
func (p *parser) statements() []statement {
	var out []statement
	for {
		t := p.peek()
		switch {
		case t.kind == tokenEnd || t.text == "}" && t.kind == tokenMark:
			return out
		case t.kind == tokenMark && t.text == ";":
			p.at++
		default:
			before := p.at
			out = append(out, p.statement())
			if p.at == before {
				p.at++
			}
		}
	}
}

// unread are the words that begin what is not understood; the whole of it is left
// out.
var unread = []string{"if", "for", "while", "do", "switch", "try", "throw", "class", "function", "export", "type", "interface", "enum", "declare"}

func (p *parser) statement() statement {
	t := p.peek()
	s := statement{line: t.line}
	if t.kind == tokenName {
		switch {
		case t.text == "import":
			p.skipStatement()
			return s
		case slices.Contains(unread, t.text) && !p.isMark(1, "("), slices.Contains(unread[:5], t.text):
			p.skipStatement()
			s.value = &expression{line: t.line, text: t.text}
			return s
		case t.text == "const" || t.text == "let" || t.text == "var":
			return p.declaration()
		case t.text == "return":
			p.at++
		}
	}
	s.value = p.expression()
	p.endStatement(s.value)
	return s
}

func (p *parser) declaration() statement {
	s := statement{line: p.peek().line}
	start := p.at
	p.at++
	name := p.peek()
	p.at++
	if name.kind == tokenName && p.isMark(0, ":") { // a type
		for !p.isMark(0, "=") && !p.isMark(0, ";") && p.peek().kind != tokenEnd && !p.peek().newLine {
			p.at++
		}
	}
	if name.kind != tokenName || !p.isMark(0, "=") {
		p.at = start
		p.skipStatement()
		s.value = &expression{line: s.line, text: "a declaration"}
		return s
	}
	p.at++
	s.name, s.value = name.text, p.expression()
	p.endStatement(s.value)
	return s
}

// endStatement makes what is left of a statement spoil it: half of it was
// understood, which is none.
func (p *parser) endStatement(e *expression) {
	t := p.peek()
	if t.kind == tokenEnd || t.kind == tokenMark && (t.text == ";" || t.text == "}") || t.newLine {
		return
	}
	what := t.text
	p.skipStatement()
	*e = expression{line: e.line, text: "what stands around " + strconv.Quote(cutText(what, 20))}
}

// skipStatement goes to the end of a statement: a semicolon, the end of a block, or
// a new line outside of brackets. What a condition or a loop holds belongs to it.
func (p *parser) skipStatement() {
	depth, last := 0, token{}
	for first := true; ; first = false {
		t := p.peek()
		mark := ""
		if t.kind == tokenMark {
			mark = t.text
		}
		switch {
		case t.kind == tokenEnd, depth == 0 && mark == "}":
			return
		case depth == 0 && mark == ";":
			p.at++
			return
		case depth == 0 && t.newLine && !first && !goesOn(last, t):
			return
		case mark == "(" || mark == "{" || mark == "[":
			depth++
		case mark == ")" || mark == "}" || mark == "]":
			if depth--; depth < 0 {
				return
			}
		}
		last = t
		p.at++
	}
}

// goesOn reports whether a statement does on the next line.
func goesOn(last, next token) bool {
	if next.kind == tokenMark {
		return next.text != "(" && next.text != "["
	}
	return last.kind == tokenMark && last.text != "}" && last.text != "]" || slices.Contains([]string{"else", "catch", "finally"}, next.text) ||
		last.kind == tokenName && (last.text == "else" || last.text == "do" || last.text == "try")
}

func cutText(s string, n int) string { return s[:min(len(s), n)] }

func (p *parser) peek() token { return p.ahead(0) }

func (p *parser) ahead(n int) token {
	if p.at+n >= len(p.tokens) {
		return token{}
	}
	return p.tokens[p.at+n]
}

func (p *parser) isMark(n int, text string) bool {
	t := p.ahead(n)
	return t.kind == tokenMark && t.text == text
}

func (p *parser) eat(mark string) bool {
	if !p.isMark(0, mark) {
		return false
	}
	p.at++
	return true
}

// expression reads one, and leaves what is behind what it understands.
func (p *parser) expression() *expression {
	if p.depth++; p.depth > maxNesting {
		p.depth--
		return &expression{line: p.peek().line, text: "so deep a nesting"}
	}
	defer func() { p.depth-- }()
	if t := p.peek(); t.kind == tokenName && t.text == "await" {
		p.at++
	}
	if f, ok := p.function(); ok {
		return f
	}
	t := p.peek()
	e := &expression{line: t.line, text: t.text}
	switch {
	case t.kind == tokenText:
		e.kind = isText
	case t.kind == tokenPattern:
		e.kind, e.flags = isPattern, t.flags
	case t.kind == tokenNumber:
		n, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		if e.number = n; err == nil {
			e.kind = isNumber
		}
	case t.kind == tokenName && (t.text == "true" || t.text == "false"):
		e.kind = isBool
	case t.kind == tokenName && t.text != "new" && t.text != "typeof" && t.text != "function":
		e.kind = isChain
	case p.isMark(0, "{"):
		return p.object()
	case p.isMark(0, "["):
		e.kind = isArray
		e.list = p.list("]")
		return e
	case p.isMark(0, "("):
		p.at++
		inner := p.expression()
		if !p.eat(")") {
			inner = &expression{line: t.line, text: "what stands in brackets"}
		}
		return p.links(inner)
	case t.kind == tokenMark:
		return e // whoever asked finds it there
	}
	if t.kind != tokenEnd {
		p.at++
	}
	return p.links(e)
}

// links reads what is asked of a name.
func (p *parser) links(e *expression) *expression {
	for {
		t := p.peek()
		switch {
		case p.isMark(0, "."), p.isMark(0, "?."):
			name := p.ahead(1)
			if name.kind != tokenName {
				return e
			}
			p.at += 2
			l := link{name: name.text, line: name.line}
			if p.isMark(0, "(") {
				l.call, l.args = true, p.list(")")
			}
			e.links = append(e.links, l)
		case p.isMark(0, "(") && e.kind == isChain && len(e.links) == 0 && !t.newLine:
			e.links = append(e.links, link{call: true, args: p.list(")"), line: t.line})
		case p.isMark(0, "!") && !t.newLine && !p.isMark(1, "="):
			p.at++
		default:
			if len(e.links) > 0 && e.kind != isChain {
				e = &expression{line: e.line, text: "what is asked of " + e.text}
			}
			return e
		}
	}
}

// list reads expressions between brackets. One that is not understood to its end
// counts as not understood.
func (p *parser) list(end string) []*expression {
	p.at++
	var out []*expression
	for !p.eat(end) && p.peek().kind != tokenEnd {
		e := p.expression()
		if !p.isMark(0, ",") && !p.isMark(0, end) {
			e = &expression{line: e.line, text: "what stands around " + strconv.Quote(cutText(p.peek().text, 20))}
			p.toComma(end)
		}
		out = append(out, e)
		if !p.eat(",") && !p.isMark(0, end) {
			return out // another bracket is closed than was opened
		}
	}
	return out
}

// toComma goes to the comma or the bracket that ends an element.
func (p *parser) toComma(end string) {
	for depth := 0; p.peek().kind != tokenEnd; p.at++ {
		t := p.peek()
		if t.kind != tokenMark {
			continue
		}
		switch {
		case depth == 0 && (t.text == "," || t.text == end):
			return
		case t.text == "(" || t.text == "{" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "}" || t.text == "]":
			if depth--; depth < 0 {
				return
			}
		}
	}
}

func (p *parser) object() *expression {
	e := &expression{kind: isObject, line: p.peek().line}
	p.at++
	for !p.eat("}") && p.peek().kind != tokenEnd {
		key := p.peek()
		p.at++
		value := &expression{kind: isChain, line: key.line, text: key.text} // {name} is short for {name: name}
		if p.eat(":") {
			value = p.expression()
		}
		if !p.isMark(0, ",") && !p.isMark(0, "}") {
			value = &expression{line: key.line, text: "the property " + cutText(key.text, 20)}
			p.toComma("}")
		}
		e.keys, e.list = append(e.keys, key.text), append(e.list, value)
		p.eat(",")
	}
	return e
}

// function reads an arrow function, if there is one.
func (p *parser) function() (*expression, bool) {
	start := p.at
	e := &expression{kind: isFunction, line: p.peek().line}
	if t := p.peek(); t.kind == tokenName && t.text == "async" {
		p.at++
	}
	switch {
	case p.isMark(0, "("):
		depth := 0
		for ; p.peek().kind != tokenEnd; p.at++ {
			t := p.peek()
			if t.kind == tokenName {
				e.params = append(e.params, t.text)
			}
			if t.kind == tokenMark && t.text == "(" {
				depth++
			} else if t.kind == tokenMark && t.text == ")" {
				if depth--; depth == 0 {
					p.at++
					break
				}
			}
		}
	case p.peek().kind == tokenName:
		e.params = []string{p.peek().text}
		p.at++
	}
	if !p.eat("=>") {
		p.at = start
		return nil, false
	}
	if p.eat("{") {
		e.body = p.statements()
		p.eat("}")
		return e, true
	}
	value := p.expression()
	e.body = []statement{{line: value.line, value: value}}
	return e, true
}

// property returns what an object has under a key; nil for nothing.
func (e *expression) property(key string) *expression {
	if e == nil || e.kind != isObject {
		return nil
	}
	for i, k := range e.keys {
		if k == key {
			return e.list[i]
		}
	}
	return nil
}
