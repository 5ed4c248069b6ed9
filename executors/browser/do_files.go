package browser

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	// maxUpload and maxDownload bound the files of one step: 100 MiB.
	maxUpload   = 100 << 20
	maxDownload = 100 << 20

	// maxFileText bounds a file that is judged as text: 10 MiB.
	maxFileText = 10 << 20

	// maxDownloads bounds how many files a page may send during one step.
	maxDownloads = 10
)

// filesFolder is a folder of the case that the browser reads and writes. It lies
// in the browser's own, and ends with the case.
func (r *run) filesFolder() (string, error) {
	if r.folder != "" {
		return r.folder, nil
	}
	dir, err := os.MkdirTemp(r.first.inst.browser.Folder(), "files-")
	if err != nil {
		return "", executors.Errorf("there is no room for the files of the case: %w", err)
	}
	r.folder = dir
	// The browser may run as another user, to whom its own folder belongs.
	return dir, errors.Join(os.Chmod(dir, 0o777)) //nolint:gosec // only the browser and we get into the folder above it
}

// tidy gives back what the case has held, and removes its files.
func (r *run) tidy() {
	if r.traffic != nil {
		r.traffic.end()
	}
	if r.letGo != nil {
		r.letGo()
	}
	if r.folder != "" {
		_ = os.RemoveAll(r.folder) // what is left goes with the browser's folder
	}
}

// lay puts files of the plan where the browser can read them, under their own
// names.
func (st *step) lay(refs []string) ([]string, error) {
	folder, err := st.filesFolder()
	if err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(refs))
	left := int64(maxUpload)
	for i, ref := range refs {
		in, name, err := executors.OpenFile(st.task.Files, ref)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(folder, fmt.Sprintf("up-%d-%d", st.report.Index, i), filepath.Base(name))
		n, err := copyFile(path, in, left)
		if err = errors.Join(err, in.Close()); err != nil {
			return nil, executors.Errorf("the file %s cannot be uploaded: %w", name, err)
		}
		left -= n
		paths = append(paths, path)
	}
	return paths, nil
}

func copyFile(path string, in io.Reader, limit int64) (n int64, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the browser reads it as another user
		return 0, err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644) //nolint:gosec // as above
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(out, io.LimitReader(in, limit+1))
	if err = errors.Join(err, out.Close()); err == nil && n > limit {
		err = fmt.Errorf("the files of one step have at most %d MiB", maxUpload>>20)
	}
	return n, err
}

// upload gives files to a field, or to what asks for them when it is clicked.
func (st *step) upload(u spec.Upload) error {
	power, ok := driver.Power[driver.Uploads](st.page.Page)
	if !ok {
		return executors.Errorf("the browser takes no files")
	}
	paths, err := st.lay(u.Files)
	if err != nil {
		return err
	}
	p, err := st.prepare(u.Locator, "file")
	switch {
	case err != nil:
		return err
	case p.How != "field":
		return st.uploadByChooser(power, u, paths)
	case p.Disabled:
		return executors.Failf("%s is disabled", p.Element)
	case p.Directory:
		return executors.Failf("%s takes a folder, and a plan has files only", p.Element)
	case len(paths) > 1 && !p.Multiple:
		return executors.Failf("%s takes one file, and there are %d", p.Element, len(paths))
	}
	if len(paths) == 0 {
		if err := st.page.CallIn(st.ctx, p.doc, "takeFilesAway", nil, &struct{}{}); err != nil {
			return st.stuck(err, p.Element, "the loss of its files")
		}
		return st.settle()
	}
	if err := power.SetFiles(st.ctx, p.doc, paths); err != nil {
		return st.stuck(err, p.Element, "the files")
	}
	return st.settle()
}

func (st *step) uploadByChooser(power driver.Uploads, u spec.Upload, paths []string) (err error) {
	st.page.update(func(s *state) { s.chooser = nil })
	if err := power.CatchChooser(st.ctx, true); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, power.CatchChooser(context.WithoutCancel(st.ctx), false)) }()
	if err := st.click(spec.Click{Locator: u.Locator}); err != nil {
		return err
	}
	var chooser *driver.ChooserOpened
	if err := st.awaitState(func(s *state) bool { chooser = s.chooser; return chooser != nil }); err != nil {
		return err
	}
	switch {
	case chooser == nil:
		return st.gaveUp(executors.Failf("%s asked for no files within %s", meant(u.Locator), st.limit))
	case len(paths) > 1 && !chooser.Multiple:
		return executors.Failf("%s takes one file, and there are %d", meant(u.Locator), len(paths))
	}
	if err := chooser.SetFiles(st.ctx, paths); err != nil {
		return st.stuck(err, meant(u.Locator), "the files")
	}
	return st.settle()
}

// download is a file that the page has sent.
type download struct {
	id, url, name string
	bytes         int64
	done, ended   bool
}

// onDownload notes how far a file has come. What is not wanted, or is too much,
// is stopped.
func (pg *page) onDownload(p driver.Page, e driver.DownloadChanged) {
	power, ok := driver.Power[driver.Downloads](p)
	cancel := false
	pg.update(func(s *state) {
		i := slices.IndexFunc(s.downloads, func(d *download) bool { return d.id == e.ID })
		if i < 0 {
			if cancel = s.downloads == nil || len(s.downloads) > maxDownloads; !cancel {
				s.downloads = append(s.downloads, &download{id: e.ID, url: e.URL, name: e.Name})
			}
			return
		}
		d := s.downloads[i]
		d.bytes = max(d.bytes, e.Bytes)
		d.done, d.ended = d.done || e.Done, d.ended || e.Ended
		cancel = !d.ended && (d.bytes > maxDownload || i > 1)
	})
	if cancel && ok && !e.Ended {
		power.CancelDownload(e.ID)
	}
}

// download clicks, and keeps and judges the file that comes.
func (st *step) download(d spec.Download) (err error) {
	power, ok := driver.Power[driver.Downloads](st.first.Page)
	if !ok {
		return executors.Errorf("the browser keeps no downloads")
	}
	folder, err := st.filesFolder()
	if err != nil {
		return err
	}
	// The first element stands for none: it makes the list one that is wanted.
	st.first.update(func(s *state) { s.downloads = []*download{{}} })
	if err := power.KeepDownloads(st.ctx, folder); err != nil {
		return err
	}
	defer func() {
		st.first.update(func(s *state) {
			for _, one := range s.downloads[1:] {
				if !one.ended {
					power.CancelDownload(one.id)
				}
			}
			s.downloads = nil
		})
		err = errors.Join(err, power.KeepDownloads(context.WithoutCancel(st.ctx), ""))
	}()
	if err := st.click(*d.Click); err != nil {
		return err
	}
	var got download
	err = st.awaitFirst(func(s *state) bool {
		if len(s.downloads) > 1 {
			got = *s.downloads[1]
		}
		return got.ended || got.bytes > maxDownload
	})
	switch {
	case err != nil:
		return err
	case got.id == "":
		return st.gaveUp(executors.Failf("no download began within %s", st.limit))
	case got.bytes > maxDownload:
		return executors.Failf("the download %q has more than %d MiB", short(got.name, 200), maxDownload>>20)
	case !got.ended:
		return st.gaveUp(executors.Failf("the download %q was not over within %s; %d bytes of it are here", short(got.name, 200), st.limit, got.bytes))
	case !got.done:
		return executors.Failf("the download %q broke off", short(got.name, 200))
	}
	return st.judgeDownload(d, got, filepath.Join(folder, got.id))
}

// judgeDownload checks a file and keeps it as an artifact.
func (st *step) judgeDownload(d spec.Download, got download, path string) error {
	sum, text, size, err := readFile(path, d.Text != nil)
	if err != nil {
		return executors.Errorf("the download %q cannot be read: %w", short(got.name, 200), err)
	}
	st.report.Set("download", map[string]any{"name": short(got.name, 500), "url": short(got.url, 2000), "bytes": size, "sha256": sum})
	for _, check := range []struct {
		name   string
		m      *spec.Matcher
		actual spec.Actual
	}{
		{"name", d.Name, spec.TextActual(got.name)}, {"size", d.Size, spec.NumberActual(int(size))},
		{"sha256", d.SHA256, spec.TextActual(sum)}, {"text", d.Text, spec.TextActual(text)},
	} {
		if check.m == nil {
			continue
		}
		for _, v := range check.m.Evaluate(check.actual) {
			c := executors.Check{Name: check.name + " " + v.Name, Passed: v.Passed, Expected: v.Expected, Actual: v.Actual}
			if !v.Passed {
				c.Message = fmt.Sprintf("the %s of the download %s", check.name, v.Message)
			}
			st.report.Check(c)
		}
	}
	name := d.As
	if name == "" {
		name = artifactName(got.name)
	}
	f, err := os.Open(path)
	if err != nil {
		return executors.Errorf("the download %q cannot be read: %w", short(got.name, 200), err)
	}
	st.attach(st.ctx, st.report, executors.Attachment{
		Name: name, Kind: executors.AttachmentBody, ContentType: "application/octet-stream", Step: st.report.Index, Body: f,
	})
	return nil
}

// readFile returns what is judged of a file.
func readFile(path string, wantText bool) (sum, text string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	var b strings.Builder
	var to io.Writer = hash
	if wantText {
		to = io.MultiWriter(hash, &b)
		info, err := f.Stat()
		if err != nil {
			return "", "", 0, err
		}
		if info.Size() > maxFileText {
			return "", "", 0, fmt.Errorf("it has more than %d MiB, too much to be judged as text", maxFileText>>20)
		}
	}
	size, err = io.Copy(to, io.LimitReader(f, maxDownload+1))
	return hex.EncodeToString(hash.Sum(nil)), b.String(), size, err
}

// artifactName makes a name of an artifact of what a server proposes.
func artifactName(proposed string) string {
	name := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, short(filepath.Base(proposed), 90))
	if name = strings.TrimLeft(name, "."); name == "" {
		name = "download-" + strconv.Itoa(len(proposed))
	}
	return name
}

// awaitFirst is awaitState for the case's first page, which hears of what is
// about all of its tabs.
func (st *step) awaitFirst(holds func(*state) bool) error {
	ctx, cancel := context.WithDeadline(st.ctx, st.end)
	defer cancel()
	err := st.first.await(ctx, holds)
	if st.late(err) && st.ctx.Err() == nil {
		return nil
	}
	return err
}
