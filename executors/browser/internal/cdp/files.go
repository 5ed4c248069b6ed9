package cdp

import (
	"context"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Uploads   = (*Page)(nil)
	_ driver.Downloads = (*Page)(nil)
)

// SetFiles implements driver.Uploads.
func (pg *Page) SetFiles(ctx context.Context, doc driver.Document, paths []string) error {
	object, s, err := pg.object(ctx, doc, "stashedElement")
	if err != nil {
		return err
	}
	defer devtools.Post(s, runtime.ReleaseObject, runtime.ReleaseObjectParams{ObjectID: object})
	return pg.wait(ctx, s.Start(dom.SetFileInputFiles.Method, dom.SetFileInputFilesParams{Files: paths, ObjectID: object}), nil)
}

// CatchChooser implements driver.Uploads. Frames with processes of their own
// are asked, too.
func (pg *Page) CatchChooser(ctx context.Context, on bool) error {
	return pg.everywhere(ctx, cdppage.SetInterceptFileChooserDialog.Method, cdppage.SetInterceptFileChooserDialogParams{Enabled: on})
}

func (pg *Page) onChooser(e devtools.Event, s *devtools.Session) {
	ev, ok := devtools.Decode(e, cdppage.FileChooserOpened)
	if !ok {
		return
	}
	pg.tell(driver.ChooserOpened{
		Multiple: ev.Mode == cdppage.FileChooserOpenedModeSelectMultiple,
		SetFiles: func(ctx context.Context, paths []string) error {
			return pg.wait(ctx, s.Start(dom.SetFileInputFiles.Method, dom.SetFileInputFilesParams{Files: paths, BackendNodeID: ev.BackendNodeID}), nil)
		},
	})
}

// everywhere runs a command on the page and on the frames that have processes
// of their own. Those may end meanwhile.
func (pg *Page) everywhere(ctx context.Context, method string, params any) error {
	pg.mu.Lock()
	pending := make([]*devtools.Pending, 0, len(pg.remote))
	for _, s := range pg.remote {
		pending = append(pending, s.Start(method, params))
	}
	pg.mu.Unlock()
	if err := pg.Send(ctx, method, params, nil); err != nil {
		return err
	}
	for _, p := range pending {
		if err := pg.wait(ctx, p, nil); err != nil && ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// KeepDownloads implements driver.Downloads.
func (pg *Page) KeepDownloads(ctx context.Context, folder string) error {
	params := cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: pg.contextID, EventsEnabled: new(true),
	}
	if folder != "" {
		params.Behavior, params.DownloadPath = cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName, folder
	}
	_, err := devtools.Call(ctx, pg.browser.proc.Conn.Root(), cdpbrowser.SetDownloadBehavior, params)
	return err
}

// CancelDownload implements driver.Downloads.
func (pg *Page) CancelDownload(id string) {
	devtools.Post(pg.browser.proc.Conn.Root(), cdpbrowser.CancelDownload, cdpbrowser.CancelDownloadParams{GUID: id, BrowserContextID: pg.contextID})
}

// onDownload tells the page of a download in whose frame it began. Only the
// first event names the frame.
func (b *Browser) onDownload(e devtools.Event) {
	switch e.Method {
	case cdpbrowser.DownloadWillBegin.Method:
		ev, ok := devtools.Decode(e, cdpbrowser.DownloadWillBegin)
		if !ok {
			return
		}
		if pg := b.pageWith(ev.FrameID); pg != nil {
			b.mu.Lock()
			b.downloads[ev.GUID] = pg
			b.mu.Unlock()
			pg.tell(driver.Leaving{}) // what was asked for is no document
			pg.tell(driver.DownloadChanged{ID: ev.GUID, URL: ev.URL, Name: ev.SuggestedFilename})
		}
	case cdpbrowser.DownloadProgress.Method:
		ev, ok := devtools.Decode(e, cdpbrowser.DownloadProgress)
		if !ok {
			return
		}
		done := ev.State == cdpbrowser.DownloadProgressStateCompleted
		ended := done || ev.State == cdpbrowser.DownloadProgressStateCanceled
		b.mu.Lock()
		pg := b.downloads[ev.GUID]
		if ended {
			delete(b.downloads, ev.GUID)
		}
		b.mu.Unlock()
		if pg != nil {
			pg.tell(driver.DownloadChanged{ID: ev.GUID, Bytes: int64(ev.ReceivedBytes), Done: done, Ended: ended})
		}
	}
}

// pageWith returns the page to which a frame belongs.
func (b *Browser) pageWith(frame cdp.FrameID) *Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, pg := range b.pages {
		if pg.holds(frame) {
			return pg
		}
	}
	return nil
}

// holds reports whether a frame is one of the page's or of its tabs'.
func (pg *Page) holds(frame cdp.FrameID) bool {
	if pg.isMain(frame) {
		return true
	}
	pg.mu.Lock()
	defer pg.mu.Unlock()
	if _, ok := pg.frames[frame]; ok {
		return true
	}
	for _, tab := range pg.tabs {
		if tab.holds(frame) {
			return true
		}
	}
	return pg.popups[string(frame)]
}
