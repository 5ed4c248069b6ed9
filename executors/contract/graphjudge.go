package contract

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const graphMedia = "application/graphql-response+json"

// graph judges an answer by the rules of GraphQL over HTTP.
func (j *judgement) graph(why purpose, what string, r *Request) {
	j.graphMediaType()
	v, isJSON := j.a.json()
	answer := asObject(v)
	problems := list(answer["errors"])
	data := asObject(answer["data"])
	if j.a.status < 500 && internal(problems) {
		j.add(violation{check: spec.NotAServerError, differs: "internal error", expected: "no internal error", actual: firstProblem(problems),
			message: "the answer tells of an internal error: " + firstProblem(problems)})
	}
	if j.unknown() {
		return
	}
	if !isJSON || answer == nil {
		if j.a.status/100 == 2 {
			j.add(violation{check: spec.ResponseSchemaConformance, differs: "no object", expected: "a JSON object", actual: excerpt.Of(oneLine(strings.ToValidUTF8(string(j.a.body), "?")), 200),
				message: "the body is no JSON object, so it is no GraphQL answer"})
		}
		return
	}
	j.graphForm(answer)
	switch why {
	case negative:
		if holds(data) || len(problems) == 0 && j.a.status/100 == 2 {
			j.add(violation{check: spec.NegativeDataRejection, differs: what, expected: "errors and no data", actual: j.graphSummary(data, problems),
				message: fmt.Sprintf("what the schema does not allow is refused, but this was answered with %s: %s", j.graphSummary(data, problems), what)})
		}
		return
	case positive:
		if _, there := answer["data"]; !there && len(problems) > 0 && j.a.status != http.StatusTooManyRequests {
			j.add(violation{check: spec.PositiveDataAcceptance, differs: "refused", expected: "the operation is executed", actual: firstProblem(problems),
				message: "an operation that the schema allows was refused: " + firstProblem(problems)})
		}
	}
	_, there := answer["data"]
	switch {
	case data != nil && j.a.status/100 != 2:
		j.add(violation{check: spec.StatusCodeConformance, differs: "data with " + j.status(), expected: "2xx", actual: j.status(),
			message: fmt.Sprintf("an answer with data has the status %d", j.a.status)})
	case !there && len(problems) > 0 && j.a.status/100 == 2 && j.media() == graphMedia:
		j.add(violation{check: spec.StatusCodeConformance, differs: "no data with " + j.status(), expected: "4xx or 5xx", actual: j.status(),
			message: fmt.Sprintf("an answer of the type %s without data has the status %d", graphMedia, j.a.status)})
	}
	if data != nil {
		j.graphData(queryOf(r), data)
	}
}

// unknown says that somebody must sign in first, or that too much was asked.
func (j *judgement) unknown() bool {
	return slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}, j.a.status)
}

func (j *judgement) media() string {
	got, _, err := mime.ParseMediaType(j.a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return got
}

func (j *judgement) graphMediaType() {
	got := j.media()
	if got == graphMedia || got == "application/json" || j.a.status/100 != 2 && isJSON(got) {
		return
	}
	if j.a.status >= 400 && got != "" && j.a.status != http.StatusOK && !isJSON(got) && j.unknown() {
		return // whoever stands before the server answers as it likes
	}
	j.add(violation{check: spec.ContentTypeConformance, differs: j.status() + " " + got, expected: graphMedia + " or application/json",
		actual: excerpt.Of(j.a.header.Get("Content-Type"), 200), message: fmt.Sprintf("the media type %q is none of GraphQL's", excerpt.Of(j.a.header.Get("Content-Type"), 100))})
}

// graphForm checks what every answer has: data or errors, each error with its
// message, and nothing that GraphQL does not know.
func (j *judgement) graphForm(answer object) {
	wrong := func(differs, format string, args ...any) {
		j.add(violation{check: spec.ResponseSchemaConformance, differs: differs, expected: "data, errors and extensions", actual: j.quote(),
			message: fmt.Sprintf(format, args...)})
	}
	_, data := answer["data"]
	raw, there := answer["errors"]
	problems, isList := raw.([]any)
	switch {
	case j.a.status/100 == 2 && !data && !there:
		wrong("neither", "the answer has neither data nor errors")
	case there && (!isList || len(problems) == 0):
		wrong("errors", "errors are to be a list of at least one")
	case data && answer["data"] == nil && len(problems) == 0:
		wrong("null", "data is null without an error")
	}
	for _, p := range problems[:min(len(problems), 100)] {
		if _, ok := asObject(p)["message"].(string); !ok {
			wrong("message", "an error has no message")
			break
		}
	}
	if j.a.status/100 == 2 || j.media() == graphMedia {
		for _, key := range sorted(answer) {
			if !slices.Contains([]string{"data", "errors", "extensions", "hasNext", "incremental", "pending"}, key) {
				wrong("key "+key, "the answer has the key %s, which GraphQL does not know", excerpt.Of(key, 100))
			}
		}
	}
}

func (j *judgement) graphData(query string, data object) {
	found, err := j.op.graph.Conforms(query, data, nil)
	if err != nil {
		j.add(violation{message: fmt.Sprintf("the data of the answer %d was not judged: %s", j.a.status, err)})
		return
	}
	for _, d := range found {
		j.add(violation{check: spec.ResponseSchemaConformance, differs: d.Subject + " " + d.Rule, expected: "valid by the schema", actual: d.String(),
			message: "the data does not match the schema " + d.String()})
	}
}

// holds reports whether anything of data is not null.
func holds(data object) bool {
	for _, v := range data {
		if v != nil {
			return true
		}
	}
	return false
}

// internal reports whether an error says that the server fell over: by the codes
// that servers use for it, or by the sentence that hides what happened.
func internal(problems []any) bool {
	for _, p := range problems[:min(len(problems), 100)] {
		code := text(asObject(asObject(p)["extensions"])["code"])
		words := strings.ToLower(strings.TrimRight(text(asObject(p)["message"]), "."))
		if slices.Contains([]string{"INTERNAL_SERVER_ERROR", "INTERNAL"}, code) ||
			slices.Contains([]string{"internal server error", "internal system error", "unexpected error", "unexpected error."}, words) {
			return true
		}
	}
	return false
}

func firstProblem(problems []any) string {
	if len(problems) == 0 {
		return "no error"
	}
	return excerpt.Of(oneLine(text(asObject(problems[0])["message"])), 200)
}

func (j *judgement) graphSummary(data object, problems []any) string {
	switch {
	case holds(data) && len(problems) > 0:
		return "data and errors"
	case holds(data):
		return "data without errors"
	case len(problems) > 0:
		return "errors"
	case data != nil:
		return "data that is null, without errors"
	}
	return "neither data nor errors"
}
