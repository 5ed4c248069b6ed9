package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/semantest/semantest/internal/baselines"
	beside "github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/jobs"
)

// acceptedBaselines returns what cases are compared with.
func (a *App) acceptedBaselines() jobs.Baselines {
	if a.cfg.Baselines != "" {
		return inFolder{beside.New(a.cfg.Baselines)}
	}
	return a.baselines
}

// inFolder compares with the files beside a plan.
type inFolder struct{ f *beside.Folder }

// Accepted implements jobs.Baselines.
func (s inFolder) Accepted(_ context.Context, _ string, key baselines.Key) ([]baselines.Accepted, error) {
	found, err := s.f.Variants(beside.Key{CaseKey: key.CaseKey, Name: key.Name, Kind: key.Kind, Browser: key.Browser, Viewport: key.Viewport})
	if err != nil {
		return nil, err
	}
	out := make([]baselines.Accepted, len(found))
	for i, v := range found {
		out[i] = baselines.Accepted{SHA256: v.SHA256, Size: v.Size, ContentType: contentTypeOf(v.Path), Open: func(context.Context) (io.ReadCloser, error) {
			content, err := s.f.Read(v.Path)
			return io.NopCloser(bytes.NewReader(content)), err
		}}
	}
	return out, nil
}

func contentTypeOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".png"):
		return "image/png"
	case strings.HasSuffix(path, ".json"):
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

// baseline serves the content of a baseline.
func (a *App) baseline(w http.ResponseWriter, r *http.Request) {
	row, content, err := a.baselines.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.send(w, r, sent{id: row.ID, name: row.Name, contentType: row.ContentType, sha256: row.Sha256, size: row.Size}, content)
}
