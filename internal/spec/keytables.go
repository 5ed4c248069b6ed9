package spec

import (
	"fmt"
	"reflect"
	"strings"
)

// table is the reference of one mapping of the plan.
type table struct {
	title string
	typ   reflect.Type
	intro string
}

var tables = []table{
	{"Plan", reflect.TypeFor[Plan](), "The whole file."},
	{"Settings", reflect.TypeFor[Use](), "The mapping under `use`."},
	{"Artifacts", reflect.TypeFor[Artifacts](), "The value of `artifacts`, under `use` and in a case of kind `browser`: of which attempts something is kept. `on-failure` means those that did not pass, `on-retry` all but the first. artifacts.md tells more."},
	{"Viewport", reflect.TypeFor[Viewport](), "The mapping under `viewport`."},
	{"Web server", reflect.TypeFor[WebServer](), "The mapping under `webServer`."},
	{"Concurrency", reflect.TypeFor[Concurrency](), "The value of `concurrency`. A text stands for its `group`."},
	{"Schedule", reflect.TypeFor[Schedule](), "The value of `schedule`. A text stands for its `cron`."},
	{"Gates", reflect.TypeFor[Gates](), "The mapping under `gates`."},
	{"Judge", reflect.TypeFor[Judge](), "The mapping under `judge`."},
	{"LLM judge", reflect.TypeFor[JudgeLLM](), "The mapping under `judge.llm`; assessments.md tells more."},
	{"Criteria", reflect.TypeFor[JudgeCriteria](), "The mapping under `criteria`. Only the proportions of the weights count; a criterion that is left out weighs nothing."},
	{"Case", reflect.TypeFor[Case](), "An element of `cases`."},
	{"Load", reflect.TypeFor[LoadCase](), "What a case of kind `load` says of its load. The steps of an iteration are those of the api case that it uses, or its own; `vu.id` and `vu.iteration` are variables of its own steps."},
	{"Scenario", reflect.TypeFor[Scenario](), "A value under `scenarios`. Which keys are needed and which are allowed depends on the executor; load.md tells."},
	{"Stage", reflect.TypeFor[Stage](), "An element of `stages`."},
	{"Think time", reflect.TypeFor[ThinkTime](), "The value of `thinkTime`. A text stands for its `min`."},
	{"Threshold", reflect.TypeFor[LoadThreshold](), "An element under a key of `thresholds`. A text stands for its `threshold`."},
	{"Contract", reflect.TypeFor[ContractCase](), "What a case of kind `contract` checks: that an API does what its OpenAPI document or GraphQL schema says."},
	{"Operation filter", reflect.TypeFor[OperationFilter](), "An element of `include` and `exclude`. A text stands for its `operationId`. Every key that is given must fit."},
	{"LLM", reflect.TypeFor[LLMCase](), "What a case of kind `llm` asks and asserts. It has either `prompt` or `turns`. llm-cases.md tells more."},
	{"LLM target", reflect.TypeFor[LLMTarget](), "The value of `target`: an application, with `url`, or a model, with `model`."},
	{"LLM answer", reflect.TypeFor[LLMAnswer](), "The value of `answer`. A text stands for its `jsonpath`."},
	{"LLM tool", reflect.TypeFor[LLMTool](), "An element of `tools`."},
	{"LLM turn", reflect.TypeFor[LLMTurn](), "An element of `turns`. A text stands for its `prompt`."},
	{"LLM assertion", reflect.TypeFor[LLMAssertion](), "An element of `assert`."},
	{"API step", reflect.TypeFor[APIStep](), "An element of `steps` of a case of kind `api`. It has exactly one action."},
	{"Group", reflect.TypeFor[Group](), "The value of `group`."},
	{"If", reflect.TypeFor[If](), "The value of `if`. Matchers stand beside `variable`; without one it asks that the variable has a value."},
	{"For", reflect.TypeFor[For](), "The value of `for`, with either `rows` or `file`."},
	{"Until", reflect.TypeFor[Until](), "The value of `until`."},
	{"GraphQL", reflect.TypeFor[GraphQL](), "The value of `graphql`: a `query`, a `file`, or the name of an open subscription under `on`."},
	{"gRPC", reflect.TypeFor[GRPC](), "The value of `grpc`. Its messages are written as JSON; the answer is one, or a list of them where the method streams it."},
	{"WebSocket", reflect.TypeFor[WebSocket](), "The value of `websocket`. A text stands for its `url`. The connection is closed at the end of the step unless `as` names it."},
	{"Server-sent events", reflect.TypeFor[SSE](), "The value of `sse`. A text stands for its `url`. The stream is left at the end of the step unless `as` names it."},
	{"Stream act", reflect.TypeFor[StreamAct](), "An element of `messages` or `events`: exactly one of its keys. What one captures is known to the next."},
	{"Outgoing message", reflect.TypeFor[Outgoing](), "The value of `send`. A text stands for its `text`."},
	{"Expected message", reflect.TypeFor[Expected](), "The value of `expect`, or an element of `expectAll`."},
	{"Listen", reflect.TypeFor[Listen](), "The value of `listen`. A text stands for its `for`."},
	{"Expected silence", reflect.TypeFor[Quiet](), "The value of `expectNone`. A text stands for its `within`."},
	{"Close", reflect.TypeFor[CloseFrame](), "The value of `close`. A number stands for its `code`."},
	{"Expected close", reflect.TypeFor[ExpectedClose](), "The value of `expectClose`. A number stands for its `code`."},
	{"HTTP request", reflect.TypeFor[HTTPRequest](), "The value of `http`. A text stands for its `url`. At most one of `json`, `form`, `multipart`, `body` and `file` is given."},
	{"Authentication", reflect.TypeFor[Auth](), "The value of `auth`: exactly one of its keys."},
	{"Credentials", reflect.TypeFor[Credentials](), "The value of `basic` or `digest`."},
	{"OAuth2", reflect.TypeFor[OAuth2](), "The value of `oauth2`."},
	{"HMAC", reflect.TypeFor[HMAC](), "The value of `hmac`."},
	{"Proxy", reflect.TypeFor[Proxy](), "The value of `proxy`, under `use` or `http`. A text stands for its `url`."},
	{"TLS", reflect.TypeFor[TLS](), "The mapping under `use.tls`."},
	{"Part", reflect.TypeFor[Part](), "An element of `multipart`, with either `value` or `file`."},
	{"Capture", reflect.TypeFor[Capture](), "A value under `capture`: exactly one of its keys, and `secret` where it is one."},
	{"Check", reflect.TypeFor[Check](), "An element of `check`: exactly one subject. Beside `header`, `cookie`, `jsonpath`, `xpath` and `regex` stand matchers; alone, they ask that there is such a value."},
	{"Timing", reflect.TypeFor[Timing](), "The value of `timing`."},
	{"Redirects", reflect.TypeFor[Redirects](), "The value of `redirects`. A number stands for its `count`."},
	{"Certificate", reflect.TypeFor[Certificate](), "The value of `certificate`."},
	{"Snapshot", reflect.TypeFor[Snapshot](), "The value of `snapshot`. A text stands for its `file`. When the body differs, it is kept as an artifact of the step: put it into the place of the file to accept it."},
	{"Matcher", reflect.TypeFor[Matcher](), "Every matcher that is given must hold. Where there is no value, all of them fail but `exists: false`."},
	{"Browser step", reflect.TypeFor[BrowserStep](), "An element of `steps` of a case of kind `browser`. It has exactly one action."},
	{"Goto", reflect.TypeFor[Goto](), "The value of `goto`. A text stands for its `url`."},
	{"Locator", reflect.TypeFor[Locator](), "How an element is found: exactly one of `role`, `label`, `placeholder`, `text`, `alt`, `title`, `testId`, `css` and `xpath`, and what chooses among the matches. A text stands for `css`. More than one match is an error unless `nth` says which."},
	{"Fill", reflect.TypeFor[Fill](), "The value of `fill`."},
	{"Type", reflect.TypeFor[Type](), "The value of `type`. A text stands for its `value`. Without a locator the keys go to what has the focus."},
	{"Press", reflect.TypeFor[Press](), "The value of `press`. A text stands for its `key`. Without a locator the key goes to what has the focus."},
	{"Select", reflect.TypeFor[Select](), "The value of `select`, with either `value` or `option`."},
	{"Click", reflect.TypeFor[Click](), "How an element is clicked."},
	{"Point", reflect.TypeFor[Point](), "A place or a distance."},
	{"Drag", reflect.TypeFor[Drag](), "The value of `drag`, with either `to` or `by`. The mouse goes the way, so pages that listen to it and pages that use the drag and drop of HTML both notice."},
	{"Scroll", reflect.TypeFor[Scroll](), "The value of `scroll`: a locator, `by` or `to`. For an element that is not there yet, as in a list that grows while it is scrolled, it scrolls on."},
	{"Upload", reflect.TypeFor[Upload](), "The value of `upload`. The locator means a file field, hidden or not, its label, or what opens the browser's choice of files when it is clicked."},
	{"Download", reflect.TypeFor[Download](), "The value of `download`. The file is kept as an artifact; it has at most 100 MiB."},
	{"Dialog", reflect.TypeFor[Dialog](), "The value of `dialog`. A text stands for its `answer`."},
	{"Tab", reflect.TypeFor[Tab](), "The value of `tab`: exactly one of its keys. A number stands for its `switch`."},
	{"Clipboard", reflect.TypeFor[Clipboard](), "The value of `clipboard`. A text stands for its `write`."},
	{"Cookies", reflect.TypeFor[Cookies](), "The value of `cookies`: at least one of its keys."},
	{"Cookie", reflect.TypeFor[Cookie](), "An element of `set` under `cookies`."},
	{"Cookie name", reflect.TypeFor[CookieName](), "The value of `cookie` under `expect`. A text stands for its `name`."},
	{"Storage state", reflect.TypeFor[StorageState](), "The value of `storageState`, in the form of Playwright's. A text stands for its `load`."},
	{"Permissions", reflect.TypeFor[Permissions](), "The value of `permissions`: what pages may do without asking, by the names of the web."},
	{"Geolocation", reflect.TypeFor[Geolocation](), "The value of `geolocation`. A page needs the permission, too."},
	{"Browser setup", reflect.TypeFor[BrowserSetup](), "Keys of `use` and of cases of kind `browser`: how the browser is when a case begins."},
	{"Emulation", reflect.TypeFor[Emulation](), "The value of `emulate`, and keys of `use` and of cases of kind `browser`: what the browser pretends to be."},
	{"Network", reflect.TypeFor[Network](), "The value of `network`. A text stands for its `preset`."},
	{"Request pattern", reflect.TypeFor[RequestPattern](), "Which requests are meant: exactly one of `url` and `matches`."},
	{"Route", reflect.TypeFor[Route](), "The value of `route`: an answer (`status`, `headers`, and one of `json`, `body` and `file`), or one of `abort`, `change`, `delay` and `remove`. The route that was set last comes first."},
	{"Request change", reflect.TypeFor[RequestChange](), "The value of `change` under `route`."},
	{"Awaited request", reflect.TypeFor[AwaitedRequest](), "The value of `waitForRequest`. A text stands for its `url`."},
	{"Awaited response", reflect.TypeFor[AwaitedResponse](), "The value of `waitForResponse`. A text stands for its `url`. It waits until an answer passes all checks."},
	{"JSON check", reflect.TypeFor[JSONCheck](), "An element of `json` under `waitForRequest` and `waitForResponse`."},
	{"Made requests", reflect.TypeFor[MadeRequests](), "The value of `request` under `expect`. A text stands for its `url`."},
	{"Evaluate", reflect.TypeFor[Evaluate](), "The value of `evaluate`. A text stands for its `script`. Matchers beside it judge the result."},
	{"Clock", reflect.TypeFor[Clock](), "The value of `clock`: at least one of its keys. It holds for documents that are opened later, too: their scripts know no other time."},
	{"Style of", reflect.TypeFor[StyleOf](), "The value of `css` under `expect`."},
	{"Aria", reflect.TypeFor[Aria](), "The value of `aria` under `expect`. A text stands for its `snapshot`. Without a locator the whole page is meant."},
	{"Wait", reflect.TypeFor[Wait](), "The value of `wait`: exactly one of its keys. A text stands for its `duration`."},
	{"Expect", reflect.TypeFor[Expect](), "The value of `expect`: exactly one subject. Beside `text`, `value`, `count`, `attribute`, `cookie`, `class`, `css`, `accessibleName` and `accessibleDescription` stands at least one matcher."},
	{"Attribute", reflect.TypeFor[Attribute](), "The value of `attribute` under `expect`."},
	{"Screenshot", reflect.TypeFor[Screenshot](), "The value of `screenshot`. A text stands for its `name`. visual.md tells more."},
	{"Comparing", reflect.TypeFor[Comparing](), "How pictures are compared: keys of `screenshot`, of a case of kind `visual`, and of `use.screenshot`."},
	{"Act", reflect.TypeFor[Act](), "The value of `act`. A text stands for its `do`."},
	{"Audit", reflect.TypeFor[Audit](), "The value of `audit`."},
	{"Accessibility", reflect.TypeFor[Accessibility](), "The value of `accessibility` under `audit`, and keys of a case of kind `accessibility`. accessibility.md tells more."},
	{"Axe rules", reflect.TypeFor[AxeRules](), "The value of `rules`: names of axe-core's rules and tags."},
	{"Mask", reflect.TypeFor[Mask](), "An element of `mask`: a locator, all of whose matches are meant, or an area. A text stands for `css`."},
	{"Area", reflect.TypeFor[Area](), "The value of `rect` under `mask`."},
	{"Visual", reflect.TypeFor[VisualCase](), "What a case of kind `visual` compares. It stands for a case of kind `browser` with the steps `goto`, its own `steps` and `screenshot`, and has the keys of one, too."},
	{"Accessibility case", reflect.TypeFor[AccessibilityCase](), "What a case of kind `accessibility` audits. It stands for a case of kind `browser` with the steps `goto`, its own `steps` and `audit`, and has the keys of one, too."},
	{"Performance case", reflect.TypeFor[PerformanceCase](), "What a case of kind `performance` measures. It stands for a case of kind `browser` that opens the page in several runs and judges them, and has the keys of one, too: `device`, `network` and `cpu` say on what. page-performance.md tells more."},
	{"Budget", reflect.TypeFor[Budget](), "The value of `budget`: at least one limit. Bytes are those that came over the network, in the median of the runs."},
}

// KeyReference returns the reference of every key of the plan language as
// Markdown. It is made from the tags of the types of this package.
func KeyReference() string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", t.title, t.intro)
		b.WriteString("| Key | Value | Meaning | Limits | Example |\n|---|---|---|---|---|\n")
		l := layoutOf(t.typ)
		for _, f := range l.fields {
			if f.from == t.typ {
				b.WriteString(tableRow(f))
			}
		}
		for _, index := range l.inline {
			inner := t.typ.FieldByIndex(index).Type
			fmt.Fprintf(&b, "\nAlso the keys of a %s.\n", linkTo(inner))
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func tableRow(f *field) string {
	name := "`" + f.name + "`"
	if f.required {
		name += " (required)"
	}
	meaning := f.doc
	if f.kind != "" {
		meaning = fmt.Sprintf("In cases of kind `%s`: %s", f.kind, lowerFirst(f.doc))
	}
	if f.def != "" {
		meaning += fmt.Sprintf(" Default: `%s`.", f.def)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", name, cell(typeText(f)), cell(meaning), cell(limitText(f)), codeCell(f.example))
}

// typeText says what may be written as the value of a key.
func typeText(f *field) string {
	t := f.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case f.word != nil:
		return typeWord(t) + " or `" + f.word.word + "`"
	case f.enum != nil:
		return "`" + strings.Join(f.enum, "`, `") + "`"
	case t == reflect.TypeFor[Matcher]():
		return map[string]string{
			matchStatus: "code, class, list of them, or ", matchText: "text or ", matchDuration: "duration or ",
		}[f.matcher] + linkTo(t)
	}
	return typeWord(t)
}

func typeWord(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Value]():
		return "any value"
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[StringList]():
		return "text or list of texts"
	case reflect.TypeFor[Schema]():
		return "`file://` reference or JSON Schema"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + plural(t.Elem())
	case reflect.Map:
		return "mapping of names to " + plural(t.Elem())
	}
	return linkTo(t)
}

func plural(t reflect.Type) string {
	switch word := typeWord(t); {
	case t == reflect.TypeFor[Value](), t.Kind() == reflect.Struct:
		return strings.TrimPrefix(word, "any ")
	case t == reflect.TypeFor[StringList]():
		return "texts or lists of texts"
	case t.Kind() == reflect.Slice:
		return strings.Replace(word, "list", "lists", 1)
	default:
		return word + "s"
	}
}

// linkTo is a link to the table of a struct.
func linkTo(t reflect.Type) string {
	for _, known := range tables {
		if known.typ == t {
			return fmt.Sprintf("[%s](#%s)", lowerFirst(known.title), strings.ReplaceAll(strings.ToLower(known.title), " ", "-"))
		}
	}
	panic("spec: no table for " + t.Name())
}

// limitText is what the tags say about lengths and ranges.
func limitText(f *field) string {
	var parts []string
	unit := ""
	switch t := f.typ; {
	case t == reflect.TypeFor[Duration]():
	case t.Kind() == reflect.String:
		unit = " characters"
	case t.Kind() == reflect.Slice:
		unit = " elements"
	case t.Kind() == reflect.Map:
		unit = " entries"
	}
	switch {
	case f.min != nil && f.max != nil:
		parts = append(parts, limitNumber(f, *f.min)+"–"+limitNumber(f, *f.max)+unit)
	case f.max != nil:
		parts = append(parts, "at most "+limitNumber(f, *f.max)+unit)
	case f.min != nil:
		parts = append(parts, "at least "+limitNumber(f, *f.min)+unit)
	}
	if f.each != nil {
		what := "characters"
		if f.typ.Kind() == reflect.Map && f.typ.Elem().Kind() == reflect.Slice {
			what = "values"
		}
		parts = append(parts, fmt.Sprintf("each %d–%d %s", f.each[0], f.each[1], what))
	}
	return strings.Join(parts, "; ")
}

func limitNumber(f *field, v float64) string {
	if f.typ == reflect.TypeFor[Duration]() {
		return Duration(v).String()
	}
	return number{float: v}.String()
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s // an abbreviation
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// cell keeps a text from ending a cell of the table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func codeCell(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}
