package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// act is the word for the action of a step and what it says of itself.
func (s APIStep) act() (action, text string) {
	switch {
	case s.HTTP != nil:
		return "http", words(s.HTTP.MethodOr("GET"), s.HTTP.URL)
	case s.GraphQL != nil:
		return "graphql", words("graphql", s.GraphQL.title())
	case s.WebSocket != nil:
		return "websocket", words("websocket", s.WebSocket.URL, s.WebSocket.On)
	case s.SSE != nil:
		return "sse", words("sse", s.SSE.URL, s.SSE.On)
	case s.GRPC != nil:
		return "grpc", words("grpc", strings.TrimPrefix(s.GRPC.Method, "/"))
	case s.Wait != 0:
		return "wait", "wait " + s.Wait.String()
	case s.Group != nil:
		if s.Group.Parallel {
			return "group", fmt.Sprintf("%d steps at the same time", len(s.Group.Steps))
		}
		return "group", fmt.Sprintf("group of %d steps", len(s.Group.Steps))
	case s.If != nil:
		return "if", words("if", s.If.Variable, s.If.Matcher.String())
	case s.For != nil:
		return "for", "for each " + s.For.RowName()
	}
	return "", ""
}

var operationForm = regexp.MustCompile(`(?m)^\s*(query|mutation|subscription)\b[ \t]*([_A-Za-z][_0-9A-Za-z]*)?`)

// title is the operation by its name, or the beginning of the document.
func (g GraphQL) title() string {
	switch {
	case g.On != "":
		return g.On
	case g.OperationName != "":
		return g.OperationName
	case g.File != "":
		return strings.TrimPrefix(g.File, fileScheme)
	}
	if m := operationForm.FindStringSubmatch(g.Query); m != nil && m[2] != "" {
		return m[1] + " " + m[2]
	}
	return cut(strings.Join(strings.Fields(g.Query), " "), 80)
}
