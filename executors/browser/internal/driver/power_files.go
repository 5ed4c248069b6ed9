package driver

import "context"

// Uploads gives files to pages. The files lie where the browser can read them.
type Uploads interface {
	// SetFiles gives files, by their paths, to the file field that the agent of a
	// document has put aside (its stashedElement).
	SetFiles(ctx context.Context, doc Document, paths []string) error

	// CatchChooser keeps the browser from asking which files are meant, and tells
	// by ChooserOpened that it would have, or stops doing so.
	CatchChooser(ctx context.Context, on bool) error
}

// ChooserOpened says that the page has asked for files.
type ChooserOpened struct {
	Multiple bool
	SetFiles func(ctx context.Context, paths []string) error
}

func (ChooserOpened) event() {}

// Downloads keeps the files that pages send.
type Downloads interface {
	// KeepDownloads puts the files that come from now on into a folder, each under
	// its ID, and tells of them by DownloadChanged; where the folder is empty they
	// are refused again.
	KeepDownloads(ctx context.Context, folder string) error

	// CancelDownload stops one without waiting.
	CancelDownload(id string)
}

// DownloadChanged says how far a file has come.
type DownloadChanged struct {
	ID    string
	URL   string // of the first event alone, like Name
	Name  string // that is proposed for the file
	Bytes int64
	Done  bool
	Ended bool // it comes no more: it is done, or was given up
}

func (DownloadChanged) event() {}
