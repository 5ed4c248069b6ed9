package browser

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/cdp"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/spec"
)

// Recorder says what is recorded.
type Recorder struct {
	Options

	URL     string // at which it begins; http or https
	Browser string // chromium, chrome or edge; chromium when empty
	Windows bool   // people see the browser, and use it
	Port    int    // of this machine alone at which others can drive the browser, too; 0 for none

	Setup    spec.BrowserSetup
	Viewport *spec.Viewport // of the page; 1280x720 when nil and the device says nothing

	// MaxSteps ends the recording; 300 when zero.
	MaxSteps int

	// OnStep gets each step soon after it was done; may be nil. What a later one
	// changes (a dialog that was answered, more text in a field) is not told again.
	OnStep func(spec.BrowserStep)
	// OnNote gets what a person should know meanwhile; may be nil.
	OnNote func(string)

	// Storage asks for cookies and local storage as they are in the end.
	Storage bool

	files fs.FS // that are uploaded while it is driven; nil for none
}

// Recording is what a person did.
type Recording struct {
	Steps    []spec.BrowserStep
	Secrets  []string // variables that stand for what was typed into secret fields
	Notes    []string // what could not be recorded
	End      string   // why it ended: "the browser was closed"
	Storage  []byte   // a storage state; nil where none was asked for, or could be had
	Viewport spec.Viewport
}

const (
	defaultRecorded = 300
	maxRecordNotes  = 50
)

// Record opens a page and turns what is done in it into steps, until the page or
// the browser is closed, ctx ends or there are too many. It returns what was
// recorded with every end.
func (r Recorder) Record(ctx context.Context) (*Recording, error) { return r.record(ctx, nil) }

// record lets drive act in the page, where it is not nil.
func (r Recorder) record(ctx context.Context, drive func(ctx context.Context, do func(spec.BrowserStep) error) error) (*Recording, error) {
	engine, err := r.engine()
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(r.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, apperr.New(apperr.InvalidInput, "%q is no address of a page: give one such as https://shop.test", short(r.URL, 200))
	}
	if r.Port > 0 && r.Egress != nil { // no page may drive the browser
		r.Egress.Deny(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(r.Port))) //nolint:gosec // a port
	}
	options := New(r.Options) // fills in what is not set
	p := newPool(engine, r.Path, options.pool.opts)
	defer func() { _ = errors.Join(p.close(), options.Close()) }() // what is left of the browser is none of the recording
	inst, _, err := p.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer p.leave(inst)
	rec := newRecording(r)
	pg, err := openPage(ctx, inst, rec.watch)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "open a page")
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), disposeLimit)
		defer cancel()
		_ = pg.dispose(ctx) // it goes with the browser
	}()
	return rec.run(ctx, pg, drive)
}

func (r Recorder) engine() (driver.Engine, error) {
	own := cdp.Engine{Windows: r.Windows, Port: r.Port, IsolateSites: false}
	for _, kin := range []cdp.Kin{cdp.Chrome, cdp.Edge} {
		if r.Browser == kin.Word {
			kin.Engine = own
			return kin, nil
		}
	}
	if r.Browser != "" && r.Browser != "chromium" {
		return nil, apperr.New(apperr.InvalidInput, "%s cannot record: use chromium, chrome or edge", short(r.Browser, 50))
	}
	return own, nil
}

// task is the case that is being recorded, for what the steps of a case can do.
func (r Recorder) task() executors.Task {
	use := spec.Use{BrowserSetup: r.Setup, Viewport: r.Viewport}
	if use.Viewport == nil && r.Setup.Device == "" {
		use.Viewport = &spec.Viewport{Width: 1280, Height: 720}
	}
	files := r.files
	if files == nil {
		files = embed.FS{}
	}
	return executors.Task{
		RunID: "recording", ResultID: "recording", Attempt: 1, Case: spec.Case{ID: "recorded", Kind: spec.KindBrowser}, Use: use,
		Scope: spec.NewScope(map[string]any{spec.VarBaseURL: r.URL}, nil), Files: files,
	}
}

// recordSink keeps the newest storage state and drops all else.
type recordSink struct{ state []byte }

func (*recordSink) Emit(executors.Event) {}

// Attach implements executors.Sink.
func (s *recordSink) Attach(_ context.Context, a executors.Attachment) error {
	data, err := io.ReadAll(io.LimitReader(a.Body, maxState+1))
	if err = errors.Join(err, a.Body.Close()); err != nil {
		return err
	}
	if len(data) > maxState {
		return fmt.Errorf("the storage has more than %d MiB", maxState>>20)
	}
	s.state = data
	return nil
}

// recording is a recording under way. Its fields belong to the goroutine of run,
// but for the queue.
type recording struct {
	Recorder
	queue   *queue
	traffic *traffic
	sink    *recordSink
	r       *run
	steps   []recorded
	told    int // steps that OnStep knows
	secrets map[string]secret
	notes   []string
	tabs    tabView
	frames  map[driver.Place][]spec.Locator // around documents, the innermost first
	picking string                          // what is expected of the element that is pointed at next
	at      map[*page]*whereabouts
	full    bool
	caught  chan chan struct{} // asks to hear all that has happened, for drive
}

func newRecording(o Recorder) *recording {
	if o.MaxSteps <= 0 {
		o.MaxSteps = defaultRecorded
	}
	return &recording{Recorder: o, queue: newQueue(), caught: make(chan chan struct{}), sink: &recordSink{}, secrets: map[string]secret{},
		frames: map[driver.Place][]spec.Locator{}, at: map[*page]*whereabouts{}}
}

// watch prepares a page to be recorded.
func (rec *recording) watch(pg *page) {
	pg.spy = rec.queue.put
	pg.byHand = rec.Windows || rec.Port > 0
}

// hands is a run of its own in the page, for what is done while it is recorded.
func (rec *recording) hands(pg *page) *run {
	r := &run{task: rec.task(), sink: rec.sink, page: pg, names: map[string]int{}, answered: map[string]bool{}, traffic: rec.traffic}
	r.known, r.first = map[string]*page{}, pg
	return r
}

// settled is how long nothing happens before what was done is told.
const settled = 500 * time.Millisecond

func (rec *recording) run(ctx context.Context, pg *page, drive func(context.Context, func(spec.BrowserStep) error) error) (*Recording, error) {
	rec.traffic = newTraffic(ctx)
	rec.r = rec.hands(pg)
	rec.tabs.current = pg
	defer rec.r.tidy()
	if err := rec.r.begin(ctx); err != nil {
		return nil, rec.r.unfit(ctx, err)
	}
	if err := rec.listen(ctx, rec.r.first); err != nil {
		return nil, err
	}
	rec.add(recorded{step: spec.BrowserStep{Goto: &spec.Goto{URL: rec.URL}}, page: rec.r.first, at: time.Now()})
	opening := make(chan error, 1)
	person := rec.hands(pg)
	go func() { opening <- rec.perform(ctx, person, spec.BrowserStep{Goto: &spec.Goto{URL: rec.URL}}) }()
	driven := make(chan error, 1)
	driving, stop := context.WithCancel(ctx)
	defer stop()
	timer := time.NewTimer(settled)
	defer timer.Stop()
	end := ""
	for end == "" {
		select {
		case err := <-opening:
			opening = nil
			if err != nil {
				return nil, err
			}
			rec.arrived(ctx, rec.r.first)
			if drive != nil {
				go func() {
					driven <- drive(driving, func(s spec.BrowserStep) error { return rec.drive(driving, person, s) })
				}()
			}
		case err := <-driven:
			if err != nil {
				return nil, err
			}
			end = "it was driven to its end"
		case heard := <-rec.caught:
			rec.hear(ctx)
			close(heard)
		case <-rec.queue.woken:
			rec.hear(ctx)
			timer.Reset(settled)
		case <-timer.C:
			rec.settle(ctx, false)
		case <-rec.r.first.gone.Done():
			end = "the browser was closed"
		case <-ctx.Done():
			end = "it was ended"
		}
		if rec.full {
			end = fmt.Sprintf("there are %d steps, the limit", rec.MaxSteps)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), disposeLimit)
	defer cancel()
	rec.hear(ctx)
	rec.settle(ctx, true)
	return rec.result(end), nil
}

// drive performs a step, and waits until what it has done was heard: no person is
// as fast as a program.
func (rec *recording) drive(ctx context.Context, r *run, s spec.BrowserStep) error {
	if err := rec.perform(ctx, r, s); err != nil {
		return err
	}
	heard := make(chan struct{})
	select {
	case rec.caught <- heard:
		<-heard
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// perform performs a step in the page, as a case would.
func (rec *recording) perform(ctx context.Context, r *run, s spec.BrowserStep) error {
	r.forgetClosed()
	report := &executors.Report{Sink: rec.sink}
	st := newStep(ctx, r, report, defaultStepLimit)
	defer st.cancel()
	return cmp.Or(st.do(s), report.Failure())
}

// listen has a page tell what is done in it.
func (rec *recording) listen(ctx context.Context, pg *page) error {
	power, ok := driver.Power[driver.Recorder](pg.Page)
	if !ok {
		return apperr.New(apperr.Unavailable, "the browser tells nobody what people do in it")
	}
	rec.at[pg] = &whereabouts{}
	return power.Record(ctx)
}

// settle tells what was done, and keeps the storage.
func (rec *recording) settle(ctx context.Context, last bool) {
	for i := rec.told; i < len(rec.steps); i++ {
		if s := rec.steps[i]; !last && i == len(rec.steps)-1 && (s.step.Fill != nil || s.field) {
			break // more may be typed
		}
		rec.told = i + 1
		if rec.OnStep != nil {
			rec.OnStep(rec.redact(rec.steps[i].step))
		}
	}
	if rec.Storage && rec.r.first.gone.Err() == nil {
		ctx, cancel := context.WithTimeout(ctx, settled)
		defer cancel()
		_ = rec.perform(ctx, rec.r, spec.BrowserStep{Storage: &spec.StorageState{Save: "state.json"}}) // the one before stands
	}
}

func (rec *recording) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(rec.notes) >= maxRecordNotes || slices.Contains(rec.notes, text) {
		return
	}
	rec.notes = append(rec.notes, text)
	if rec.OnNote != nil {
		rec.OnNote(text)
	}
}

func (rec *recording) result(end string) *Recording {
	out := &Recording{Notes: rec.notes, End: end, Storage: rec.sink.state}
	v := rec.r.viewport()
	out.Viewport = spec.Viewport{Width: v.Width, Height: v.Height}
	for _, s := range rec.steps {
		out.Steps = append(out.Steps, rec.redact(s.step))
	}
	for _, s := range rec.secrets {
		if !slices.Contains(out.Secrets, s.variable) {
			out.Secrets = append(out.Secrets, s.variable)
		}
	}
	slices.Sort(out.Secrets)
	if rec.Storage && rec.sink.state == nil {
		out.Notes = append(out.Notes, "cookies and local storage could not be kept")
	}
	return out
}
