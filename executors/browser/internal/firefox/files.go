package firefox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Uploads   = (*Page)(nil)
	_ driver.Downloads = (*Page)(nil)
)

// SetFiles implements driver.Uploads.
func (pg *Page) SetFiles(ctx context.Context, doc driver.Document, paths []string) error {
	node, err := pg.result(ctx, string(doc), "() => "+agent.Name+".stashedElement()")
	if _, thrown := errors.AsType[*driver.ScriptError](err); thrown || err == nil && node.SharedID == "" {
		return driver.ErrNavigated
	}
	if err != nil {
		return err
	}
	where := pg.worlds.home(string(doc))
	if where == "" {
		return driver.ErrNavigated
	}
	return pg.setFiles(ctx, where, node.SharedID, paths)
}

func (pg *Page) setFiles(ctx context.Context, where, element string, paths []string) error {
	err := pg.wait(ctx, pg.browser.conn.start("input.setFiles", object{
		"context": where, "element": object{"sharedId": element}, "files": paths,
	}), nil)
	if replaced(err) || refused(err, "no such element", "no such node") {
		return driver.ErrNavigated
	}
	return err
}

// CatchChooser implements driver.Uploads. The browser never asks by itself: what
// it would ask with is dismissed.
func (pg *Page) CatchChooser(_ context.Context, on bool) error {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.choosing = on
	return nil
}

func (pg *Page) onChooser(where string, params json.RawMessage) {
	ev, ok := decode[struct {
		Multiple bool `json:"multiple"`
		Element  struct {
			SharedID string `json:"sharedId"`
		} `json:"element"`
	}](params)
	pg.mu.Lock()
	choosing := pg.choosing
	pg.mu.Unlock()
	if !ok || !choosing {
		return
	}
	pg.tell(driver.ChooserOpened{
		Multiple: ev.Multiple,
		SetFiles: func(ctx context.Context, paths []string) error {
			if ev.Element.SharedID == "" {
				return &driver.CannotError{What: "give files to what is no field of the page"}
			}
			return pg.setFiles(ctx, where, ev.Element.SharedID, paths)
		},
	})
}

// KeepDownloads implements driver.Downloads.
func (pg *Page) KeepDownloads(ctx context.Context, folder string) error {
	how := object{"type": "denied"}
	if folder != "" {
		how = object{"type": "allowed", "destinationFolder": folder}
	}
	pg.follow(folder)
	return pg.wait(ctx, pg.browser.conn.start("browser.setDownloadBehavior",
		object{"downloadBehavior": how, "userContexts": []string{pg.user}}), nil)
}

// CancelDownload implements driver.Downloads. The protocol stops none: one that
// has no end goes on until the page is closed, whose way out ends then.
func (pg *Page) CancelDownload(string) {}

// maxLoading bounds the downloads that are told of at once.
const maxLoading = 100

func (pg *Page) onDownload(ev about, params json.RawMessage) {
	named, ok := decode[struct {
		Name string `json:"suggestedFilename"`
	}](params)
	if !ok {
		return
	}
	pg.mu.Lock()
	if pg.loads == nil {
		pg.loads = map[string]string{}
	}
	if len(pg.loads) >= maxLoading {
		clear(pg.loads)
	}
	id := fmt.Sprintf("download-%d", pg.browser.numbered.Add(1))
	pg.loads[cmp.Or(ev.Navigation, ev.URL)] = id
	pg.mu.Unlock()
	pg.tell(driver.DownloadChanged{ID: id, URL: ev.URL, Name: named.Name})
}

func (pg *Page) onDownloaded(ev about, params json.RawMessage) {
	ended, ok := decode[struct {
		Status string `json:"status"`
		Path   string `json:"filepath"`
	}](params)
	if !ok {
		return
	}
	pg.mu.Lock()
	key := cmp.Or(ev.Navigation, ev.URL)
	id, folder := pg.loads[key], pg.folder
	delete(pg.loads, key)
	pg.mu.Unlock()
	if id == "" {
		return
	}
	out := driver.DownloadChanged{ID: id, Ended: true}
	// The browser names files as the server proposes.
	if ended.Status == "complete" && folder != "" && filepath.Dir(ended.Path) == folder {
		if info, err := os.Lstat(ended.Path); err == nil && info.Mode().IsRegular() {
			out.Bytes = info.Size()
			out.Done = os.Rename(ended.Path, filepath.Join(folder, id)) == nil
		}
	}
	pg.tell(out)
}

// followEvery is how often it is looked how much has come.
const followEvery = 250 * time.Millisecond

// follow tells how large the files of a folder become, since the browser does
// not; of no folder any more where it is empty.
func (pg *Page) follow(folder string) {
	pg.mu.Lock()
	defer pg.mu.Unlock()
	pg.folder = folder
	if pg.unfollow != nil {
		pg.unfollow()
		pg.unfollow = nil
	}
	if folder == "" {
		return
	}
	ctx, stop := context.WithCancel(pg.life)
	pg.unfollow = stop
	go func() {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			size := sizeOf(folder)
			pg.mu.Lock()
			ids := make([]string, 0, len(pg.loads))
			for _, id := range pg.loads {
				ids = append(ids, id)
			}
			pg.mu.Unlock()
			for _, id := range ids {
				pg.tell(driver.DownloadChanged{ID: id, Bytes: size})
			}
		}
	}()
}

// sizeOf is what the files of a folder have together, without those of folders
// in it.
func sizeOf(folder string) (size int64) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
	}
	return size
}
