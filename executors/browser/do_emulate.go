package browser

import (
	"context"
	"errors"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

// networks are the presets: latency and throughput as browsers' tools have them.
var networks = map[string]driver.Network{
	"none":    {},
	"Slow 3G": {Latency: 2000 * time.Millisecond, Download: 50_000, Upload: 50_000},
	"3G":      {Latency: 300 * time.Millisecond, Download: 200_000, Upload: 96_000},
	"Fast 3G": {Latency: 563 * time.Millisecond, Download: 180_000, Upload: 84_375},
	"4G":      {Latency: 165 * time.Millisecond, Download: 1_012_500, Upload: 168_750},
}

// setupOf is how the browser of a case is when it begins.
func setupOf(task executors.Task) (spec.BrowserSetup, error) {
	setup := task.Case.Setup.Over(task.Use.BrowserSetup)
	// A size that the case gives counts more than a device of the whole plan.
	if task.Case.Viewport != nil || task.Case.Setup.Device == "" && task.Use.Viewport != nil && task.Use.Device == "" {
		setup.Device = task.Case.Setup.Device
	}
	return spec.Expand(task.Scope, setup)
}

// dress makes a page what the plan wants it to be.
func (r *run) dress(ctx context.Context, pg *page) error {
	if err := pg.SetViewport(ctx, r.viewport()); err != nil {
		return err
	}
	if r.emulated != (spec.Emulation{}) {
		if err := r.pretend(ctx, pg, r.emulated); err != nil {
			return err
		}
	}
	if err := r.watch(ctx, pg); err != nil {
		return err
	}
	r.film.watch(pg)
	if err := r.tellTime(ctx, pg); err != nil {
		return err
	}
	if len(r.traffic.routes) > 0 {
		if err := r.catchRequests(ctx, pg); err != nil {
			return err
		}
	}
	return r.tellPlace(ctx, pg)
}

// viewport is the size of pages: the case's, the device's, the plan's.
func (r *run) viewport() driver.Viewport {
	out := driver.Viewport{Width: defaultWidth, Height: defaultHeight}
	if v := r.task.Use.Viewport; v != nil {
		out.Width, out.Height = v.Width, v.Height
	}
	if d, ok := spec.DeviceByName(r.emulated.Device); ok {
		out = driver.Viewport{Width: d.Width, Height: d.Height, Scale: d.Scale, Mobile: d.Mobile}
	}
	if v := r.task.Case.Viewport; v != nil {
		out.Width, out.Height = v.Width, v.Height
	}
	if r.sized != nil {
		out.Width, out.Height = r.sized.Width, r.sized.Height
	}
	return out
}

// begin brings the browser into the state in which the case wants it.
func (r *run) begin(ctx context.Context) error {
	setup, err := setupOf(r.task)
	if err != nil {
		return executors.Errorf("the settings of the browser cannot be read: %w", err)
	}
	if err := known(setup.Emulation); err != nil {
		return err
	}
	r.emulated, r.place = setup.Emulation, setup.Geolocation
	if err := r.holdClipboard(ctx); err != nil {
		return err
	}
	if err := r.dress(ctx, r.first); err != nil {
		return err
	}
	if len(setup.Permissions) == 0 && setup.StorageState == "" {
		return nil
	}
	st := &step{run: r, ctx: ctx, report: &executors.Report{}}
	if err := st.permit(spec.Permissions{Grant: setup.Permissions}); err != nil {
		return err
	}
	if setup.StorageState != "" {
		return st.loadState(setup.StorageState)
	}
	return nil
}

// known checks what a variable may have brought in.
func known(e spec.Emulation) error {
	if e.Device != "" {
		if _, ok := spec.DeviceByName(e.Device); !ok {
			return executors.Errorf("there is no device %q: it is a size such as 390x844, or one of %s", e.Device, quoted(spec.Devices()))
		}
	}
	return nil
}

// emulate changes what the browser pretends to be, for all tabs.
func (st *step) emulate(e spec.Emulation) error {
	if err := known(e); err != nil {
		return err
	}
	st.emulated = e.Over(st.emulated)
	for _, pg := range st.pages() {
		if e.Device != "" {
			if err := pg.SetViewport(st.ctx, st.viewport()); err != nil {
				return err
			}
		}
		if err := st.pretend(st.ctx, pg, e); err != nil {
			if pg != st.first && pg.gone.Err() != nil {
				continue // it was closed
			}
			return err
		}
	}
	return nil
}

// pretend applies what an emulation sets to one page.
func (r *run) pretend(ctx context.Context, pg *page, e spec.Emulation) error {
	out := driver.Emulation{
		ColorScheme: e.ColorScheme, ReducedMotion: e.ReducedMotion, ForcedColors: e.ForcedColors, Locale: e.Locale,
		TimeZone: e.TimeZone, UserAgent: e.UserAgent, Touch: e.Touch, CPU: e.CPU,
	}
	if d, ok := spec.DeviceByName(e.Device); ok {
		if out.UserAgent == "" {
			out.UserAgent = d.UserAgent
		}
		if out.Touch == nil && d.Mobile {
			out.Touch = new(true)
		}
	}
	if e.Network != nil || e.Offline != nil {
		out.Network = r.network()
	}
	if out == (driver.Emulation{}) {
		return nil // a size alone
	}
	power, ok := driver.Power[driver.Emulator](pg.Page)
	if !ok {
		return executors.Errorf("the browser emulates nothing")
	}
	if err := power.Emulate(ctx, out); err != nil {
		if ctx.Err() != nil || errors.Is(err, driver.ErrLost) || errors.Is(err, driver.ErrClosed) {
			return err
		}
		return executors.Errorf("the browser does not take the emulation (%s): %s", e, oneLine(err.Error()))
	}
	return nil
}

// network is what the network is like now.
func (r *run) network() *driver.Network {
	var out driver.Network
	if n := r.emulated.Network; n != nil {
		out = networks[n.Preset]
		if n.Preset == "" {
			const kbit = 1000 / 8
			out = driver.Network{Latency: time.Duration(n.Latency), Download: float64(n.Download) * kbit, Upload: float64(n.Upload) * kbit}
		}
	}
	if off := r.emulated.Offline; off != nil {
		out.Offline = *off
	}
	return &out
}

// touches reports whether there is a touch screen.
func (r *run) touches() bool {
	if t := r.emulated.Touch; t != nil {
		return *t
	}
	d, ok := spec.DeviceByName(r.emulated.Device)
	return ok && d.Mobile
}

// tap touches an element once a person could.
func (st *step) tap(l spec.Locator) error {
	power, ok := driver.Power[driver.Touches](st.page.Page)
	if !ok || !st.touches() {
		return executors.Errorf("there is no touch screen: choose a device that has one, or set touch: true")
	}
	return st.act(l, "pointer", false, nil, "the touch", func(p prepared) error {
		return power.Tap(st.ctx, driver.Point{X: p.X, Y: p.Y})
	})
}

// needsOf lists what an engine must be able to do for an emulation.
func needsOf(e spec.Emulation) []driver.Capability {
	d, _ := spec.DeviceByName(e.Device)
	var out []driver.Capability
	for _, n := range []struct {
		c      driver.Capability
		needed bool
	}{
		{driver.EmulateScale, d.Scale > 1}, {driver.EmulateTouch, d.Mobile || e.Touch != nil},
		{driver.EmulateUserAgent, d.UserAgent != "" || e.UserAgent != ""}, {driver.EmulateColorScheme, e.ColorScheme != ""},
		{driver.EmulateReducedMotion, e.ReducedMotion != ""}, {driver.EmulateForcedColors, e.ForcedColors != ""},
		{driver.EmulateLocale, e.Locale != ""}, {driver.EmulateTimeZone, e.TimeZone != ""}, {driver.EmulateOffline, e.Offline != nil},
		{driver.ThrottleNetwork, e.Network != nil}, {driver.ThrottleCPU, e.CPU != nil},
	} {
		if n.needed {
			out = append(out, n.c)
		}
	}
	return out
}
