package judge

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/internal/assessments/rules"
)

// Rubric is the checklist of one criterion.
type Rubric struct {
	Criterion rules.Criterion
	Version   string
	Reference []string // facts that the answers are held against
	Items     []Item
	Guide     string // how to judge, in prose
}

// Item is a question that is answered with yes (pass) or no (fail).
type Item struct {
	ID       string  `yaml:"id"`
	Question string  `yaml:"question"` // yes is good
	Fault    string  `yaml:"fault"`    // what is wrong where the answer is no
	Advice   string  `yaml:"advice"`   // what to do then
	Weight   float64 `yaml:"weight"`   // among the items of the criterion; 1 when absent
	Seen     bool    `yaml:"seen"`     // it is answered from screenshots
}

// Bounds of a rubric.
const (
	maxRubric     = 32 << 10 // bytes
	maxItems      = 12
	maxReferences = 20
	maxSentence   = 500 // bytes of a question, a fault, an advice or a reference
	maxGuide      = 8 << 10
	maxItemWeight = 10
)

//go:embed rubrics/*.md
var files embed.FS

var builtIn = mustRubrics()

// BuiltIn returns the rubric of a criterion that comes with the program.
func BuiltIn(c rules.Criterion) Rubric { return builtIn[c] }

func mustRubrics() map[rules.Criterion]Rubric {
	out := map[rules.Criterion]Rubric{}
	for _, c := range rules.Criteria() {
		name := "rubrics/" + strings.ToLower(string(c)) + ".md"
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is tested
		}
		r, err := ParseRubric(data)
		if err != nil {
			panic(fmt.Errorf("%s: %w", name, err))
		}
		out[c] = r
	}
	return out
}

var (
	word    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	version = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)
)

// ParseRubric reads a rubric: Markdown whose front matter has the criterion, the
// version and the items.
func ParseRubric(data []byte) (Rubric, error) {
	if len(data) > maxRubric {
		return Rubric{}, fmt.Errorf("a rubric has at most %d bytes, not %d", maxRubric, len(data))
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	rest, ok := strings.CutPrefix(text, "---\n")
	front, guide, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		return Rubric{}, fmt.Errorf("a rubric begins with a front matter between two lines of ---, which has criterion, version and items")
	}
	var read struct {
		Criterion string   `yaml:"criterion"`
		Version   string   `yaml:"version"`
		Reference []string `yaml:"reference"`
		Items     []Item   `yaml:"items"`
	}
	d := yaml.NewDecoder(bytes.NewReader([]byte(front)))
	d.KnownFields(true)
	if err := d.Decode(&read); err != nil {
		return Rubric{}, fmt.Errorf("understand the front matter of the rubric: %w", err)
	}
	r := Rubric{Criterion: rules.Criterion(strings.ToUpper(read.Criterion)), Version: read.Version, Reference: read.Reference,
		Items: read.Items, Guide: strings.TrimSpace(guide)}
	return r, r.check()
}

// check names the first thing about a rubric that cannot work.
func (r *Rubric) check() error {
	known := false
	for _, c := range rules.Criteria() {
		known = known || c == r.Criterion
	}
	switch {
	case !known:
		return fmt.Errorf("the criterion of a rubric is functionality, ui, performance or accessibility, not %.40q", strings.ToLower(string(r.Criterion)))
	case !version.MatchString(r.Version):
		return fmt.Errorf("the version of a rubric is a word such as 1 or 2026-11, not %.40q", r.Version)
	case len(r.Items) == 0 || len(r.Items) > maxItems:
		return fmt.Errorf("a rubric has 1 to %d items, not %d", maxItems, len(r.Items))
	case len(r.Reference) > maxReferences:
		return fmt.Errorf("a rubric has at most %d reference facts, not %d", maxReferences, len(r.Reference))
	case len(r.Guide) > maxGuide:
		return fmt.Errorf("the text of a rubric has at most %d bytes, not %d", maxGuide, len(r.Guide))
	}
	for _, fact := range r.Reference {
		if err := sentence("a reference fact", fact); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for i := range r.Items {
		if err := r.Items[i].check(); err != nil {
			return err
		}
		if seen[r.Items[i].ID] {
			return fmt.Errorf("two items of the rubric have the id %s", r.Items[i].ID)
		}
		seen[r.Items[i].ID] = true
	}
	return nil
}

func (i *Item) check() error {
	if !word.MatchString(i.ID) {
		return fmt.Errorf("the id of an item is a word of small letters, digits and underscores, such as main_path, not %.40q", i.ID)
	}
	for _, part := range []struct{ name, text string }{{"question", i.Question}, {"fault", i.Fault}, {"advice", i.Advice}} {
		if err := sentence("the "+part.name+" of the item "+i.ID, part.text); err != nil {
			return err
		}
	}
	if i.Weight == 0 {
		i.Weight = 1
	}
	if !(i.Weight > 0 && i.Weight <= maxItemWeight) {
		return fmt.Errorf("the weight of the item %s is a number above 0 and at most %d, not %v", i.ID, maxItemWeight, i.Weight)
	}
	return nil
}

func sentence(what, text string) error {
	if strings.TrimSpace(text) == "" || len(text) > maxSentence {
		return fmt.Errorf("%s is one sentence of 1 to %d bytes", what, maxSentence)
	}
	return nil
}

// promptVersion is of the text around the rubrics. A change of it raises the
// number, so that neither the cache nor a calibration mixes answers.
const promptVersion = "judge@2"

// PromptVersion names the instructions that a criterion is judged by: two rubrics
// of the same version that differ have different names.
func (r *Rubric) PromptVersion() string {
	name := fmt.Sprintf("%s %s@%s", promptVersion, strings.ToLower(string(r.Criterion)), r.Version)
	if r.digest() != digests[r.Criterion] {
		name += "+" + r.digest()
	}
	return name
}

var digests = func() map[rules.Criterion]string {
	out := map[rules.Criterion]string{}
	for c, r := range builtIn {
		out[c] = r.digest()
	}
	return out
}()

// digest is short for what the rubric asks.
func (r *Rubric) digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", *r))
	return hex.EncodeToString(sum[:4])
}
