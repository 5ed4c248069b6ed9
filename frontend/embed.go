package frontend

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
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
	files := http.FileServerFS(built)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if info, err := fs.Stat(built, name); err == nil && !info.IsDir() && name != "index.html" {
			if strings.HasPrefix(name, "assets/") { // their names carry a hash
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			files.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(index) // the client may be gone
	})
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
