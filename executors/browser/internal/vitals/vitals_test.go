package vitals_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors/browser/internal/vitals"
	"github.com/semantest/semantest/internal/spec"
)

func TestSummarize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		samples []float64
		want    vitals.Summary
	}{
		{"none", nil, vitals.Summary{}},
		{"one", []float64{7}, vitals.Summary{Samples: 1, Median: 7, Min: 7, Max: 7, Low: 7, High: 7}},
		{"an even number", []float64{4, 1, 3, 2}, vitals.Summary{Samples: 4, Median: 2.5, Min: 1, Max: 4, Low: 1, High: 4}},
		{"five: the ends hold the median with 94 %", []float64{5, 1, 4, 2, 100}, vitals.Summary{Samples: 5, Median: 4, Min: 1, Max: 100, Low: 1, High: 100}},
		{"seven: without the ends it would be 87 %", []float64{1, 2, 3, 4, 5, 6, 7}, vitals.Summary{Samples: 7, Median: 4, Min: 1, Max: 7, Low: 1, High: 7}},
		{"eight: without the ends it is 93 %", []float64{1, 2, 3, 4, 5, 6, 7, 800}, vitals.Summary{Samples: 8, Median: 4.5, Min: 1, Max: 800, Low: 2, High: 7}},
		{"thirteen", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, vitals.Summary{Samples: 13, Median: 7, Min: 1, Max: 13, Low: 4, High: 10}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, vitals.Summarize(tt.samples)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	samples := []float64{100, 500, 200, 300, 400}
	for text, want := range map[string]struct {
		value float64
		noisy bool
	}{
		"median<1000": {300, false}, "median<450": {300, true}, "median<150": {300, true}, "median<50": {300, false}, "avg<450": {300, true},
		"max<450": {500, false}, "min>150": {100, false}, "p(75)<450": {400, false}, "count>4": {5, false},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			limit, err := spec.ParseVitalLimit(text)
			if err != nil {
				t.Fatal(err)
			}
			if v, noisy := vitals.Value(limit, samples), vitals.Summarize(samples).Noisy(limit); v != want.value || noisy != want.noisy {
				t.Errorf("it is %v, noisy %v", v, noisy)
			}
			if vitals.Summarize(samples[:1]).Noisy(limit) {
				t.Error("one run tells nothing of noise")
			}
		})
	}
}

func TestBlockingTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		tasks []vitals.Task
		want  float64
	}{
		"none":                     {nil, 0},
		"what lies within":         {[]vitals.Task{{200, 150}, {400, 60}}, 110},
		"short ones do not block":  {[]vitals.Task{{200, 50}}, 0},
		"before the first paint":   {[]vitals.Task{{10, 80}}, 0},
		"across the first paint":   {[]vitals.Task{{50, 150}}, 50},
		"across the end":           {[]vitals.Task{{900, 300}}, 50},
		"behind the end":           {[]vitals.Task{{1000, 300}}, 0},
		"longer than what counts":  {[]vitals.Task{{0, 5000}}, 850},
		"each by itself, not both": {[]vitals.Task{{200, 40}, {240, 40}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := vitals.BlockingTime(tt.tasks, 100, 1000); got != tt.want {
				t.Errorf("%v ms, want %v", got, tt.want)
			}
		})
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		metric string
		mobile bool
		value  float64
		want   vitals.Rating
	}{
		{"LCP", false, 2500, vitals.Good}, {"LCP", true, 2501, vitals.Fair}, {"LCP", true, 4001, vitals.Poor},
		{"CLS", false, 0.1, vitals.Good}, {"CLS", false, 0.2, vitals.Fair}, {"CLS", false, 0.3, vitals.Poor},
		{"SI", true, 3000, vitals.Good}, {"SI", false, 3000, vitals.Poor}, {"TBT", true, 180, vitals.Good}, {"TBT", false, 180, vitals.Fair},
		{"weight", false, 1, vitals.None},
	} {
		if got := vitals.Rate(tt.metric, tt.mobile, tt.value); got != tt.want {
			t.Errorf("%s of %v, mobile %v, is %q, want %q", tt.metric, tt.value, tt.mobile, got, tt.want)
		}
	}
}

// picture is white, and blue from the top as far as a share of its height.
func picture(t *testing.T, share float64) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 160, 96))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, 160, int(96*share)), image.NewUniform(color.RGBA{20, 60, 200, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestProgress(t *testing.T) {
	t.Parallel()
	none, half, all := picture(t, 0), picture(t, 0.5), picture(t, 1)
	for _, tt := range []struct {
		name    string
		frames  []vitals.Frame
		want    vitals.Visual
		changed bool
	}{
		{"nothing", nil, vitals.Visual{}, false},
		{"white all the time", []vitals.Frame{{-5, none}, {10, none}}, vitals.Visual{}, false},
		{"at once", []vitals.Frame{{-5, none}, {400, all}}, vitals.Visual{Index: 400, Complete: 400, Changes: 1}, true},
		{"in two halves", []vitals.Frame{{-5, none}, {200, half}, {1000, all}}, vitals.Visual{Index: 600, Complete: 1000, Changes: 2}, true},
		{"there and away again", []vitals.Frame{{100, all}, {200, none}, {500, all}}, vitals.Visual{Index: 400, Complete: 500, Changes: 3}, true},
		{"without a frame from before", []vitals.Frame{{100, half}, {300, all}}, vitals.Visual{Index: 200, Complete: 300, Changes: 2}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, changed, err := vitals.Progress(tt.frames)
			if err != nil || changed != tt.changed {
				t.Fatalf("changed %v %v", changed, err)
			}
			// JPEG blurs the edge between the colours.
			if math.Abs(got.Index-tt.want.Index) > 12 || got.Complete != tt.want.Complete || got.Changes != tt.want.Changes {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
	if _, _, err := vitals.Progress([]vitals.Frame{{1, []byte("no picture")}}); err == nil {
		t.Error("what is no picture was read")
	}
}

func TestStrip(t *testing.T) {
	t.Parallel()
	frames := []vitals.Frame{{-5, picture(t, 0)}, {200, picture(t, 0.5)}, {900, picture(t, 1)}}
	picked, at := vitals.Strip(frames, 900, 4)
	if diff := cmp.Diff([]float64{0, 300, 600, 900}, at); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
	shown := []float64{picked[0].At, picked[1].At, picked[2].At, picked[3].At}
	if diff := cmp.Diff([]float64{-5, 200, 200, 900}, shown); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
	joined, err := vitals.Join(picked)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := jpeg.DecodeConfig(bytes.NewReader(joined)); err != nil || size.Width != 4*160+3*4 || size.Height != 96 {
		t.Errorf("the strip is %dx%d %v", size.Width, size.Height, err)
	}
	if picked, _ := vitals.Strip(nil, 900, 4); picked != nil {
		t.Errorf("of no frames it picks %v", picked)
	}
	if _, err := vitals.Join(nil); err == nil {
		t.Error("no pictures were joined")
	}
}

func FuzzProgress(f *testing.F) {
	var white, blue bytes.Buffer
	for b, c := range map[*bytes.Buffer]color.Color{&white: color.White, &blue: color.RGBA{0, 0, 255, 255}} {
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
		if err := jpeg.Encode(b, img, nil); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(white.Bytes(), blue.Bytes(), uint32(300))
	f.Add([]byte("\xff\xd8\xff"), blue.Bytes(), uint32(3))
	f.Fuzz(func(t *testing.T, before, after []byte, at uint32) {
		seen, changed, err := vitals.Progress([]vitals.Frame{{-1, before}, {float64(at), after}})
		if changed && (err != nil || seen.Index != float64(at)) {
			t.Errorf("%+v %v", seen, err)
		}
	})
}
