package cdp

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	cdpio "github.com/chromedp/cdproto/io"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"

	"github.com/semantest/semantest/executors/browser/internal/devtools"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Screencast = (*Page)(nil)
	_ driver.Recording  = (*Page)(nil)
)

// frameQuality of JPEG: text of the size of a page's can be read yet.
const frameQuality = 55

// StartScreencast implements driver.Screencast.
func (pg *Page) StartScreencast(width, height int) {
	pg.mu.Lock()
	pg.paced = true
	pg.mu.Unlock()
	devtools.Post(pg.session, cdppage.StartScreencast, cdppage.StartScreencastParams{
		Format: cdppage.StartScreencastFormatJpeg, Quality: new(int64(frameQuality)),
		MaxWidth: int64(width), MaxHeight: int64(height), MaxFramesInFlight: 1, SendLastFrame: new(true),
	})
}

// StopScreencast implements driver.Screencast.
func (pg *Page) StopScreencast() { devtools.Post(pg.session, cdppage.StopScreencast, cdp.Empty{}) }

// StartRecording implements driver.Recording. It has a session of its own, since
// one session gives pictures or a video.
func (pg *Page) StartRecording(ctx context.Context, width, height int) error {
	conn := pg.browser.proc.Conn
	attached, err := devtools.Call(ctx, conn.Root(), target.AttachToTarget, target.AttachToTargetParams{TargetID: pg.targetID, Flatten: new(true)})
	if err != nil {
		return err
	}
	s := conn.Attach(attached.SessionID, nil)
	err = pg.wait(ctx, s.Start(cdppage.StartScreenRecording.Method, cdppage.StartScreenRecordingParams{
		MaxWidth: int64(width), MaxHeight: int64(height), FrameRate: 10,
	}), nil)
	if err != nil {
		s.Close()
		return err
	}
	pg.mu.Lock()
	pg.recorder = s
	pg.mu.Unlock()
	return nil
}

// StopRecording implements driver.Recording.
func (pg *Page) StopRecording(ctx context.Context, limit int) ([]byte, error) {
	pg.mu.Lock()
	s := pg.recorder
	pg.recorder = nil
	pg.mu.Unlock()
	if s == nil {
		return nil, driver.ErrClosed
	}
	defer s.Close()
	var res cdppage.StopScreenRecordingResult
	if err := pg.wait(ctx, s.Start(cdppage.StopScreenRecording.Method, cdp.Empty{}), &res); err != nil {
		return nil, err
	}
	return pg.drain(ctx, s, res.Stream, limit)
}

// drain reads a stream of the browser to its end.
func (pg *Page) drain(ctx context.Context, s *devtools.Session, stream cdpio.StreamHandle, limit int) ([]byte, error) {
	defer devtools.Post(s, cdpio.Close, cdpio.CloseParams{Handle: stream})
	var out []byte
	for {
		var part cdpio.ReadResult
		if err := pg.wait(ctx, s.Start(cdpio.Read.Method, cdpio.ReadParams{Handle: stream, Size: 1 << 20}), &part); err != nil {
			return nil, err
		}
		if out = append(out, part.Data...); len(out) > limit {
			return nil, driver.ErrTooLarge
		}
		if part.EOF {
			return out, nil
		}
	}
}

func (pg *Page) endRecording() {
	pg.mu.Lock()
	s := pg.recorder
	pg.recorder = nil
	pg.mu.Unlock()
	if s != nil {
		s.Close()
	}
}
