package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

type resultView struct {
	Anchor, Title, ID, Kind, Outcome, Label, Duration, Reason, URL string
	Tags                                                           []string
	Open                                                           bool
	Attempts                                                       []attemptView
}

type attemptView struct {
	Number                                    int
	Outcome, Label, Duration, Worker, Started string
	Reason                                    string
	Only, Last                                bool
	Film                                      *reelView
	Steps                                     []stepView
	Files                                     []fileView // of the whole attempt
	Logs                                      []logView
	Metrics                                   []metricView
}

type stepView struct {
	Number                                  int
	Name, Outcome, Label, Duration, Problem string
	Bar                                     *barView
	Failed                                  []checkView
	Passed                                  []string
	Exchange                                *exchangeView
	Chart                                   *chartView
	Healed                                  *healedView
	Visual                                  *visualView
	Vitals                                  *vitalsView
	Audit                                   *auditView
	Lines                                   []lineView
	Requests                                []requestView
	Detail                                  string
	Files                                   []fileView
}

type checkView struct {
	Name, Message    string
	Expected, Actual parts
	Diff             []diffLine
}

// exchangeView is a request and its response.
type exchangeView struct {
	Request, Response           string // first lines
	RequestHeads, ResponseHeads []headView
	RequestBody, ResponseBody   string
}

type headView struct{ Name, Value string }

type fileView struct {
	Anchor, Name, Size, Link string
	Image                    template.URL
	Text                     string
}

type logView struct{ Level, At, Message string }

func resultOf(r Result, anchor string, open bool, b *budget) resultView {
	v := resultView{
		Anchor: anchor, Title: oneLine(r.Title(), lineMax), ID: oneLine(r.CaseID, lineMax), Kind: oneLine(string(r.Kind), 100),
		Outcome: string(r.Outcome), Label: label(r.Outcome), Duration: short(r.Duration), URL: webAddress(r.URL), Open: open,
	}
	if len(r.Attempts) == 0 && r.Duration == 0 {
		v.Duration = ""
	}
	if r.Outcome != spec.OutcomePassed {
		v.Reason = clip(r.reason(), valueMax)
	}
	for _, t := range r.Tags {
		v.Tags = append(v.Tags, oneLine(t, 100))
	}
	if v.ID == v.Title {
		v.ID = ""
	}
	// The last attempt comes first: it decides, and gets the room on the page.
	for i, a := range slices.Backward(r.Attempts) {
		v.Attempts = append(v.Attempts, attemptOf(a, len(r.Attempts) == 1, i == len(r.Attempts)-1, v.Reason, b))
	}
	return v
}

func attemptOf(a Attempt, only, last bool, reason string, b *budget) attemptView {
	v := attemptView{Number: a.Number, Outcome: string(a.Outcome), Label: label(a.Outcome), Duration: short(a.Duration),
		Worker: oneLine(a.Worker, lineMax), Started: clock(a), Only: only, Last: last}
	if !(last && clip(a.Error, valueMax) == reason) { // it stands in the result's head already
		v.Reason = clip(a.Error, valueMax)
	}
	moments := timesOf(a)
	v.Film, a.Artifacts = reelOf(a, b)
	for _, s := range a.Steps {
		shown := stepOf(s, a, reason, b)
		shown.Lines, shown.Requests = moments.lines[s.Index], moments.requests[s.Index]
		v.Steps = append(v.Steps, shown)
	}
	for _, f := range a.Artifacts {
		if f.Step < 0 || !slices.ContainsFunc(a.Steps, func(s Step) bool { return s.Index == f.Step }) {
			v.Files = append(v.Files, linked(fileOf(f, b), f, moments))
		}
	}
	for _, l := range a.Logs {
		if message := b.text(l.Message); message != "" {
			v.Logs = append(v.Logs, logView{Level: oneLine(l.Level, 20), At: short(l.At.Sub(a.StartedAt)), Message: message})
		}
	}
	if slices.ContainsFunc(v.Steps, func(s stepView) bool { return s.Chart != nil || s.Vitals != nil }) {
		return v // the metrics are the chart, or the table
	}
	for _, m := range a.Metrics {
		v.Metrics = append(v.Metrics, metricView{Name: oneLine(m.Name, lineMax), Median: amount(m.Value, m.Unit)})
	}
	return v
}

func clock(a Attempt) string {
	if a.StartedAt.IsZero() {
		return ""
	}
	return a.StartedAt.UTC().Format("15:04:05.000")
}

func stepOf(s Step, a Attempt, reason string, b *budget) stepView {
	v := stepView{Number: s.Index + 1, Name: oneLine(s.Name, lineMax), Outcome: string(s.Outcome), Label: label(s.Outcome)}
	if v.Name == "" {
		v.Name = oneLine(s.Action, lineMax)
	}
	if !s.StartedAt.IsZero() {
		v.Duration = short(s.Duration)
		if a.Duration > 0 {
			bar := barOf(s.StartedAt.Sub(a.StartedAt), s.Duration, a.Duration, s.Outcome)
			v.Bar = &bar
		}
	}
	for _, c := range s.Checks {
		if c.Passed {
			v.Passed = append(v.Passed, oneLine(c.Name, lineMax))
		} else {
			v.Failed = append(v.Failed, checkOf(c, reason))
		}
	}
	if problem := clip(s.Error, valueMax); problem != reason || len(v.Failed) == 0 {
		v.Problem = problem
	}
	for i := range v.Failed {
		if v.Failed[i].Message == v.Problem {
			v.Failed[i].Message = "" // it stands above
		}
	}
	detail := s.Detail
	if v.Chart = chartOf(detail); v.Chart != nil {
		detail = without(detail, "series")
	}
	var files []Artifact
	for _, f := range a.Artifacts {
		if f.Step == s.Index {
			files = append(files, f)
		}
	}
	if v.Healed, files = healedOf(detail, files, b); v.Healed != nil {
		detail = without(detail, "healed")
	}
	if v.Visual, files = visualOf(detail, files, b); v.Visual != nil {
		detail = without(detail, "visual")
	}
	if v.Vitals, files = vitalsOf(detail, files, b); v.Vitals != nil {
		detail = without(detail, "performance")
	}
	if v.Audit, files = auditOf(detail, files, b); v.Audit != nil {
		detail = without(detail, "accessibility")
	}
	v.Exchange, v.Detail = detailOf(detail, b)
	for _, f := range files {
		v.Files = append(v.Files, fileOf(f, b))
	}
	return v
}

func checkOf(c Check, reason string) checkView {
	v := checkView{Name: oneLine(c.Name, lineMax), Message: clip(c.Message, valueMax)}
	if v.Message == reason {
		v.Message = ""
	}
	expected, actual := clip(c.Expected, valueMax), clip(c.Actual, valueMax)
	if strings.Contains(expected, "\n") || strings.Contains(actual, "\n") {
		v.Diff = diffLines(expected, actual)
	}
	if v.Diff == nil {
		v.Expected, v.Actual = differing(expected, actual)
	}
	return v
}

// detailOf shows request and response as people know them, and whatever else
// there is as JSON.
func detailOf(detail map[string]any, b *budget) (*exchangeView, string) {
	rest := map[string]any{}
	for k, val := range detail {
		rest[k] = val
	}
	request, _ := detail["request"].(map[string]any)
	response, _ := detail["response"].(map[string]any)
	var ex *exchangeView
	if request != nil || response != nil {
		ex = &exchangeView{
			Request:      oneLine(join(request["method"], request["url"]), lineMax*4),
			Response:     oneLine(join(response["status"], response["statusText"]), lineMax),
			RequestHeads: heads(request["headers"]), ResponseHeads: heads(response["headers"]),
			RequestBody: b.text(body(request["body"])), ResponseBody: b.text(body(response["body"])),
		}
		if request != nil {
			rest["request"] = without(request, "method", "url", "headers", "body")
		}
		if response != nil {
			rest["response"] = without(response, "status", "statusText", "headers", "body")
		}
	}
	for _, k := range []string{"request", "response"} {
		if m, ok := rest[k].(map[string]any); ok && len(m) == 0 {
			delete(rest, k)
		}
	}
	if len(rest) == 0 {
		return ex, ""
	}
	return ex, b.text(body(rest))
}

func join(values ...any) string {
	var out []string
	for _, v := range values {
		if v != nil {
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(out, " ")
}

// heads lists headers by name, whatever shape they came in.
func heads(v any) []headView {
	var out []headView
	add := func(name string, value any) {
		text := fmt.Sprint(value)
		if list, ok := value.([]any); ok {
			text = strings.Trim(fmt.Sprint(list...), "[]")
		}
		out = append(out, headView{oneLine(name, lineMax), oneLine(text, valueMax)})
	}
	switch m := v.(type) {
	case map[string]any:
		for name, value := range m {
			add(name, value)
		}
	case map[string]string:
		for name, value := range m {
			add(name, value)
		}
	case map[string][]string:
		for name, values := range m {
			add(name, strings.Join(values, ", "))
		}
	}
	slices.SortFunc(out, func(a, b headView) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// body is a text as it is, and laid out where it is JSON.
func body(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if len(v) > textMax || (!strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "[")) {
			return v
		}
		var parsed json.RawMessage
		if json.Unmarshal([]byte(v), &parsed) != nil {
			return v
		}
		return indented(parsed, v)
	case []byte:
		return string(v)
	}
	return indented(v, fmt.Sprint(v))
}

func indented(v any, otherwise string) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return otherwise
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func without(m map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}

func fileOf(f Artifact, b *budget) fileView {
	v := fileView{Name: oneLine(f.Name, lineMax), Size: byteSize(max(f.Size, int64(len(f.Body))))}
	if v.Image = b.image(f.Body); v.Image != "" {
		v.Anchor = fmt.Sprintf("image-%d", b.nextImage)
	} else if imageType(f.Body) == "" && textual(f) {
		v.Text = b.text(body(string(f.Body)))
	}
	switch {
	case f.Path != "":
		v.Link = relative(f.Path)
	default:
		v.Link = webAddress(f.URL)
	}
	return v
}

func textual(f Artifact) bool {
	t := strings.ToLower(f.ContentType)
	return len(f.Body) > 0 && (strings.HasPrefix(t, "text/") || strings.Contains(t, "json") || strings.Contains(t, "xml"))
}

// relative makes a link to a file beside the report that cannot lead anywhere
// else: no scheme, no host, no way up.
func relative(p string) string {
	clean := strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(p, `\`, "/")), "/")
	return "./" + (&url.URL{Path: clean}).EscapedPath()
}
