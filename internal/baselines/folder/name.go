package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/spec"
)

// Root is the folder beside a plan.
const Root = "__baselines__"

// Key names what is compared, within a plan.
type Key struct {
	CaseKey  string            `json:"case"` // the case's id with its matrix values
	Name     string            `json:"name"`
	Kind     spec.BaselineKind `json:"kind"`
	Browser  string            `json:"browser,omitempty"`
	Viewport string            `json:"viewport,omitempty"` // width x height @ scale
}

// Of returns the folder of a plan's baselines: of shop.plan.yaml,
// __baselines__/shop beside it.
func Of(planPath string) string {
	base := filepath.Base(planPath)
	for _, ending := range []string{".yaml", ".yml", ".json", ".plan"} {
		base = strings.TrimSuffix(base, ending)
	}
	return filepath.Join(filepath.Dir(planPath), Root, file(base))
}

// path is where a variant lies below the plan's folder, from 1.
func (k Key) path(variant int) string {
	parts := []string{k.Name}
	if k.Browser != "" {
		parts = append(parts, k.Browser)
	}
	if k.Viewport != "" {
		parts = append(parts, strings.TrimSuffix(k.Viewport, "@1"))
	}
	name := file(strings.Join(parts, "-"))
	// Nobody's name ends as that of a further variant does.
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 && strings.Trim(name[dot+1:], "0123456789") == "" {
		name = name[:dot] + "%2E" + name[dot+1:]
	}
	if variant > 1 {
		name += "." + strconv.Itoa(variant)
	}
	return filepath.Join(file(k.CaseKey), name+k.ending())
}

func (k Key) ending() string {
	switch k.Kind {
	case spec.BaselineScreenshot:
		return ".png"
	case spec.BaselineAria:
		return ".aria.txt"
	}
	return "." + string(k.Kind) + ".json"
}

// Title is what people call it.
func (k Key) Title() string {
	parts := []string{k.CaseKey, k.Name}
	if k.Browser != "" {
		parts = append(parts, k.Browser)
	}
	if k.Viewport != "" {
		parts = append(parts, k.Viewport)
	}
	return strings.Join(parts, " ")
}

// maxFile bounds a name in bytes: the limit of usual file systems is 255.
const maxFile = 120

// file writes a text as the name of a file on any system, different texts as
// different names.
func file(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_@", c) >= 0, c == '.' && i > 0 && i < len(text)-1:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() <= maxFile && b.Len() > 0 {
		return b.String()
	}
	sum := sha256.Sum256([]byte(text))
	return b.String()[:min(b.Len(), maxFile)] + "~" + hex.EncodeToString(sum[:6])
}
