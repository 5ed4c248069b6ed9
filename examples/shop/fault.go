package shop

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is a defect that the shop shows on demand.
type Fault string

// The faults.
const (
	FaultNone         Fault = "none"
	FaultSlow         Fault = "slow"          // pages and the product API are held back
	FaultServerError  Fault = "500"           // creating an order answers 500
	FaultWrongTotal   Fault = "wrong-total"   // a cent too much for each line of a cart or order
	FaultBrokenLayout Fault = "broken-layout" // a layer lies over the Pay button, the checkout's heading is hidden

	// What only shows.
	FaultShiftedBanner Fault = "shifted-banner" // the banner of the front page is drawn a little lower
	FaultPalePrice     Fault = "pale-price"     // prices are hardly seen

	// What only some people notice.
	FaultNoLabel Fault = "no-label" // the search field of the front page has no name for assistive technology

	// What only words bring about.
	FaultGullible Fault = "gullible" // the support chat does what it is told
)

// FaultHeader names the fault for one request, and in every answer the fault
// that was in force.
const FaultHeader = "X-Shop-Fault"

// Faults lists every fault that a page or a caller of the API meets, FaultNone
// first. Those of the API's contract are Defects.
func Faults() []Fault {
	return []Fault{FaultNone, FaultSlow, FaultServerError, FaultWrongTotal, FaultBrokenLayout, FaultShiftedBanner, FaultPalePrice, FaultNoLabel, FaultGullible}
}

// ParseFault returns the fault of that name, or an error that lists the names.
func ParseFault(name string) (Fault, error) {
	names := make([]string, 0, len(Faults())+len(defects))
	for _, f := range slices.Concat(Faults(), Defects()) {
		if string(f) == name {
			return f, nil
		}
		names = append(names, string(f))
	}
	return FaultNone, fmt.Errorf("unknown fault %.40q: use one of %s", name, strings.Join(names, ", "))
}

// looks returns the class of pages on which a fault shows, empty for the others.
func (f Fault) looks() string {
	switch f {
	case FaultBrokenLayout, FaultShiftedBanner, FaultPalePrice:
		return string(f)
	}
	return ""
}

// chooseFault finds the fault of a request: its header, then its query, which
// the session keeps from then on, then the session, then the process.
func (s *Shop) chooseFault(v *visit) error {
	if name := v.r.Header.Get(FaultHeader); name != "" {
		var err error
		v.fault, err = ParseFault(name)
		return err
	}
	if name := v.r.URL.Query().Get("fault"); name != "" {
		f, err := ParseFault(name)
		if err != nil {
			return err
		}
		v.fault = f
		s.store.setFault(v.demandSession(), f)
		return nil
	}
	v.fault = s.settings.fault
	if f := s.store.faultOf(v.session); f != "" {
		v.fault = f
	}
	return nil
}

// slowed holds the answer back under FaultSlow, for as long as somebody waits.
func (s *Shop) slowed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if visitOf(r).fault == FaultSlow && s.pause(r.Context(), s.settings.slowness) != nil {
			return
		}
		next(w, r)
	}
}

// pause waits, and gives up when the caller leaves or the shop closes.
func (s *Shop) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return errClosed
	}
}
