package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/semantest/semantest/internal/assessments/quality"
)

var (
	//go:embed page.html.tmpl
	pageTemplate string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// WriteHTML writes the run as one page that needs nothing else: it loads
// nothing, works offline, without script and on paper. A content security
// policy lets no script run but its own. Images and long texts are shown up to
// a budget, failures first, and the page says what was left out.
func WriteHTML(w io.Writer, run Run) error {
	t, err := page()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	if err := t.Execute(out, viewOf(run.settled())); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

// page parses the template once. Style and script are put in as they stand, so
// that their hashes in the policy fit.
var page = sync.OnceValues(func() (*template.Template, error) {
	style := pageStyle + string(quality.CSS())
	policy := strings.Join([]string{
		"default-src 'none'", "img-src data:", "style-src " + hashOf(style), "script-src " + hashOf(pageScript),
		"base-uri 'none'", "form-action 'none'",
	}, "; ")
	t, err := template.New("page").Funcs(template.FuncMap{
		"policy": func() string { return policy },
		"style":  func() template.HTML { return template.HTML("<style>" + style + "</style>") },        //nolint:gosec // our own file
		"script": func() template.HTML { return template.HTML("<script>" + pageScript + "</script>") }, //nolint:gosec // our own file
	}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("parse the report's page: %w", err)
	}
	return t, nil
})

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
