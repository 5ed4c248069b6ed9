package frontend

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Handler serves the built pages. Addresses without a file get index.html,
// which routes on its own.
func Handler() http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	index, err := fs.ReadFile(built, "index.html")
	if err != nil {
		return http.HandlerFunc(unbuilt)
	}
	files, packed := http.FileServerFS(built), packer(built)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if info, err := fs.Stat(built, name); err == nil && !info.IsDir() && name != "index.html" {
			if strings.HasPrefix(name, "assets/") { // their names carry a hash
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
				if packed(w, r, name) {
					return
				}
			}
			files.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(index) // the client may be gone
	})
}

// packer answers with a script or a style sheet compressed, which makes it a
// third, where the client takes that. Each is compressed once, when it is first
// asked for.
func packer(built fs.FS) func(w http.ResponseWriter, r *http.Request, name string) bool {
	var all sync.Map // name to func() []byte, of names that are there
	return func(w http.ResponseWriter, r *http.Request, name string) bool {
		kind := path.Ext(name)
		if kind != ".js" && kind != ".css" {
			return false
		}
		w.Header().Set("Vary", "Accept-Encoding")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Header.Get("Range") != "" {
			return false
		}
		content, _ := all.LoadOrStore(name, sync.OnceValue(func() []byte { return pack(built, name) }))
		text := content.(func() []byte)()
		if text == nil {
			return false
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(kind))
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(text) // the client may be gone
		}
		return true
	}
}

// pack returns a file compressed, nil where it cannot be.
func pack(built fs.FS, name string) []byte {
	text, err := fs.ReadFile(built, name)
	if err != nil {
		return nil
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		return nil
	}
	return out.Bytes()
}

func unbuilt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(unbuiltPage)) // the client may be gone
}

const unbuiltPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Semantest</title>
<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:10vh auto;padding:0 1rem;color-scheme:light dark}code{font-size:.95em}</style>
<h1>Semantest is running</h1>
<p>The web pages were not built into this program. Build them with</p>
<p><code>make frontend build</code></p>
<p>and start it again. The GraphQL API works without them at <code>/graphql</code>.</p>
</html>`
