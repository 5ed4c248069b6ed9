package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// vitalsView shows what the runs of a page have measured.
type vitalsView struct {
	About     string
	Rows      []vitalRow
	Film      *filmView
	Loaded    string
	Resources []resourceView
}

// vitalRow is one metric.
type vitalRow struct {
	Name, Title, Median, Rating, Class, Range, Noise string

	Scale *scaleView
}

// scaleView places the runs on the bands of a metric, in units of the drawing.
type scaleView struct {
	Good, Fair, PoorAt, Poor, From, Width, Median string
}

type filmView struct {
	Anchor  string
	Image   template.URL
	Moments []string
}

type resourceView struct{ Type, Requests, Size string }

// Limits on what is believed of a detail, and the width of the drawing.
const (
	vitalsMax  = 20
	momentsMax = 20
	scaleWidth = 300.0
)

var vitalTitles = map[string]string{
	"LCP": "Largest Contentful Paint", "CLS": "Cumulative Layout Shift", "INP": "Interaction to Next Paint", "FCP": "First Contentful Paint",
	"TTFB": "Time to First Byte", "TBT": "Total Blocking Time", "SI": "Speed Index",
}

var ratingClasses = map[string]string{"good": "good", "needs improvement": "fair", "poor": "poor"}

// vitalsOf shows the measurement that a step's detail tells of, with the
// filmstrip that it names, and returns the other files of the step. It returns
// nil where the detail tells of none.
func vitalsOf(detail map[string]any, files []Artifact, b *budget) (*vitalsView, []Artifact) {
	told, _ := detail["performance"].(map[string]any)
	metrics := metricsIn(told)
	if len(metrics) == 0 {
		return nil, files
	}
	v := &vitalsView{About: oneLine(aboutVitals(told), lineMax)}
	for _, m := range metrics {
		v.Rows = append(v.Rows, rowOf(m))
	}
	v.Loaded, v.Resources = resourcesOf(told)
	film, _ := told["filmstrip"].(map[string]any)
	name := textOf(film["file"])
	i := slices.IndexFunc(files, func(f Artifact) bool { return name != "" && f.Name == name && imageType(f.Body) != "" })
	if i < 0 {
		return v, files
	}
	shown := fileOf(files[i], b)
	v.Film = &filmView{Anchor: shown.Anchor, Image: shown.Image, Moments: momentsOf(film)}
	return v, append(slices.Clone(files[:i]), files[i+1:]...)
}

// metricsIn are the metrics of a measurement.
func metricsIn(told map[string]any) []map[string]any {
	list, _ := told["metrics"].([]any)
	var out []map[string]any
	for _, item := range list[:min(len(list), vitalsMax)] {
		if m, ok := item.(map[string]any); ok && textOf(m["name"]) != "" {
			out = append(out, m)
		}
	}
	return out
}

func aboutVitals(told map[string]any) string {
	runs, _ := number(told["runs"])
	out := fmt.Sprintf("%.0f runs", runs)
	if runs == 1 {
		out = "1 run"
	}
	if device := textOf(told["device"]); device != "" {
		out += " on " + device
	}
	if engine := textOf(told["engine"]); engine != "" {
		out += ", by " + engine
	}
	return out
}

func rowOf(m map[string]any) vitalRow {
	name, unit := oneLine(textOf(m["name"]), 100), oneLine(textOf(m["unit"]), 20)
	row := vitalRow{Name: name, Title: vitalTitles[name], Rating: oneLine(textOf(m["rating"]), 100), Class: ratingClasses[textOf(m["rating"])]}
	median, ok := number(m["median"])
	if !ok {
		row.Median = "no sample"
		return row
	}
	row.Median = vitalAmount(median, unit)
	low, lowOK := number(m["min"])
	high, highOK := number(m["max"])
	if lowOK && highOK {
		row.Range = spanOf(low, high, unit)
	}
	if noise, ok := m["noise"].(map[string]any); ok {
		from, _ := number(noise["low"])
		to, _ := number(noise["high"])
		row.Noise = spanOf(from, to, unit)
	}
	good, goodOK := number(m["good"])
	fair, fairOK := number(m["fair"])
	if goodOK && fairOK && lowOK && highOK && 0 < good && good < fair {
		row.Scale = scaleOf(good, fair, low, median, high)
	}
	return row
}

// scaleOf draws the bands so that the poor one has some room, and more where the
// runs need it, but never so much that the others cannot be seen.
func scaleOf(good, fair, low, median, high float64) *scaleView {
	end := min(max(fair*1.4, high*1.05), fair*4)
	at := func(v float64) float64 { return scaleWidth * min(1, max(0, v/end)) }
	say := func(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
	return &scaleView{
		Good: say(at(good)), Fair: say(at(fair) - at(good)), PoorAt: say(at(fair)), Poor: say(scaleWidth - at(fair)),
		From: say(at(low)), Width: say(max(1, at(high)-at(low))), Median: say(max(0, min(at(median)-1.5, scaleWidth-3))),
	}
}

func spanOf(low, high float64, unit string) string {
	if vitalAmount(low, unit) == vitalAmount(high, unit) {
		return vitalAmount(low, unit)
	}
	return strings.TrimSuffix(vitalAmount(low, unit), " "+unit) + " to " + vitalAmount(high, unit)
}

func vitalAmount(v float64, unit string) string {
	if unit == "" {
		return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
	}
	return humanize.Commaf(math.Round(v)) + " " + unit
}

func momentsOf(film map[string]any) []string {
	list, _ := film["at"].([]any)
	var out []string
	for _, item := range list[:min(len(list), momentsMax)] {
		ms, _ := number(item)
		out = append(out, fmt.Sprintf("%.2f s", ms/1000))
	}
	return out
}

func resourcesOf(told map[string]any) (string, []resourceView) {
	list, _ := told["resources"].([]any)
	var out []resourceView
	for _, item := range list[:min(len(list), vitalsMax)] {
		r, _ := item.(map[string]any)
		n, _ := number(r["requests"])
		size, _ := number(r["bytes"])
		out = append(out, resourceView{Type: oneLine(textOf(r["type"]), 100), Requests: humanize.Comma(int64(n)), Size: decimalSize(size)})
	}
	n, _ := number(told["requests"])
	size, _ := number(told["bytes"])
	what := " requests, "
	if n == 1 {
		what = " request, "
	}
	return humanize.Comma(int64(n)) + what + decimalSize(size), out
}

// decimalSize counts as budgets do: 1 kB is 1000 bytes.
func decimalSize(n float64) string { return humanize.Bytes(uint64(max(n, 0))) }

// vitalsText is the table of a measurement as lines of text, "" where the detail
// tells of none.
func vitalsText(detail map[string]any) string {
	told, _ := detail["performance"].(map[string]any)
	metrics := metricsIn(told)
	if len(metrics) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "     %s\n", oneLine(aboutVitals(told), lineMax))
	for _, m := range metrics {
		row := rowOf(m)
		line := fmt.Sprintf("     %-5s %-10s %-18s", row.Name, row.Median, row.Rating)
		if row.Range != "" {
			line += " runs " + row.Range
		}
		if row.Noise != "" {
			line += ", noise band " + row.Noise
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	loaded, _ := resourcesOf(told)
	fmt.Fprintf(&b, "     loaded %s\n", loaded)
	return b.String()
}
