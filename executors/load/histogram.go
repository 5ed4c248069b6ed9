package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histograms count microseconds up to ten minutes; what takes longer counts as
// ten minutes. With three significant digits one takes 170 KB, with two 24 KB.
const (
	highest       = int64(10 * time.Minute / time.Microsecond)
	headline      = 3
	phaseAccuracy = 2
)

// histogram is made when the first value comes.
type histogram struct {
	digits int
	h      *hdrhistogram.Histogram
}

func (h *histogram) record(d time.Duration) {
	if h.h == nil {
		h.h = hdrhistogram.New(1, highest, h.digits)
	}
	// Within the range there is no error.
	_ = h.h.RecordValue(min(max(int64(d/time.Microsecond), 0), highest))
}

// merge adds the counts of another one; nothing is lost, since all have the
// same range and those of one metric the same digits.
func (h *histogram) merge(from *histogram) {
	if from.h == nil || from.h.TotalCount() == 0 {
		return
	}
	if h.h == nil {
		h.h = hdrhistogram.New(1, highest, from.digits)
		h.digits = from.digits
	}
	h.h.Merge(from.h)
}

func (h *histogram) reset() {
	if h.h != nil {
		h.h.Reset()
	}
}

func (h *histogram) count() int64 {
	if h.h == nil {
		return 0
	}
	return h.h.TotalCount()
}

// percentile, mean, least and most are in milliseconds.
func (h *histogram) percentile(p float64) float64 {
	if h.count() == 0 {
		return 0
	}
	return millis(h.h.ValueAtPercentile(p))
}

func (h *histogram) mean() float64 {
	if h.count() == 0 {
		return 0
	}
	return h.h.Mean() / 1000
}

func (h *histogram) least() float64 {
	if h.count() == 0 {
		return 0
	}
	return millis(h.h.Min())
}

func (h *histogram) most() float64 {
	if h.count() == 0 {
		return 0
	}
	return millis(h.h.Max())
}

func millis(micros int64) float64 { return float64(micros) / 1000 }
