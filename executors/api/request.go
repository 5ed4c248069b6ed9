package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"strings"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// request is one request, ready to be sent, also again after a redirect.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	upload *upload // instead of body
	follow bool

	chunked bool
	via     http.RoundTripper // of its own proxy; nil: what all go through
	auth    *spec.Auth        // expanded
}

// build turns an expanded request of the plan into one to send.
func (a *attempt) build(r spec.HTTPRequest) (*request, error) {
	address, err := a.task.Scope.ResolveURL(r.URL)
	if err != nil {
		return nil, executors.Errorf("%w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, executors.Errorf("the address %q cannot be read: %w", address, err)
	}
	if len(r.Query) > 0 {
		u.RawQuery = addQuery(u.RawQuery, r.Query)
	}
	out := &request{method: strings.ToUpper(r.MethodOr(http.MethodGet)), url: u, header: http.Header{},
		follow: r.FollowRedirects == nil || *r.FollowRedirects}
	contentType, err := a.encodeBody(out, r)
	if err != nil {
		return nil, err
	}
	if out.auth, err = a.authOf(r.Auth); err != nil {
		return nil, err
	}
	if out.via, err = a.through(r.Proxy); err != nil {
		return nil, err
	}
	if out.chunked = r.Chunked; r.Compress != "" {
		if err := out.compress(r.Compress); err != nil {
			return nil, err
		}
		out.header.Set("Content-Encoding", r.Compress)
	}
	out.header.Set("User-Agent", "Semantest")
	out.header.Set("Accept", "*/*")
	out.header.Set("Accept-Encoding", acceptedEncodings)
	if contentType != "" {
		out.header.Set("Content-Type", contentType)
	}
	shared, err := spec.Expand(a.task.Scope, a.task.Use.Headers)
	if err != nil {
		return nil, executors.Errorf("use.headers cannot be filled in: %w", err)
	}
	for _, headers := range []map[string]string{shared, r.Headers} {
		for name, value := range headers {
			out.header.Set(name, value)
		}
	}
	return out, nil
}

// authOf is how a request shows who it is from: its own way, or that of all.
func (a *attempt) authOf(own *spec.Auth) (*spec.Auth, error) {
	if own != nil || a.task.Use.Auth == nil {
		return own, nil
	}
	shared, err := spec.Expand(a.task.Scope, a.task.Use.Auth)
	if err != nil {
		return nil, executors.Errorf("use.auth cannot be filled in: %w", err)
	}
	return shared, nil
}

// addQuery keeps the query of the URL as it was written.
func addQuery(raw string, more map[string]spec.StringList) string {
	values := url.Values{}
	for name, list := range more {
		values[name] = list
	}
	if raw == "" {
		return values.Encode()
	}
	return raw + "&" + values.Encode()
}

// encodeBody sets the body and returns its media type.
func (a *attempt) encodeBody(out *request, r spec.HTTPRequest) (string, error) {
	switch {
	case r.JSON != nil:
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r.JSON.V); err != nil {
			return "", executors.Errorf("the JSON body cannot be written: %w", err)
		}
		out.body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		return "application/json", nil
	case r.Form != nil:
		out.body = []byte(addQuery("", r.Form))
		return "application/x-www-form-urlencoded", nil
	case r.Multipart != nil:
		return a.encodeMultipart(out, r.Multipart)
	case r.File != "":
		file, err := a.filePiece(r.File)
		if err == nil {
			err = a.sendPieces(out, []piece{file})
		}
		if contentType := mime.TypeByExtension(path.Ext(r.File)); contentType != "" {
			return contentType, err
		}
		return "application/octet-stream", err
	case r.Body != nil:
		out.body = []byte(*r.Body)
		return "text/plain; charset=utf-8", nil
	}
	return "", nil
}

func (a *attempt) encodeMultipart(out *request, parts []spec.Part) (string, error) {
	var b bytes.Buffer // between two files
	var pieces []piece
	flush := func() {
		data := bytes.Clone(b.Bytes())
		pieces = append(pieces, piece{data: data, size: int64(len(data))})
		b.Reset()
	}
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		name := p.Filename
		if p.File != "" && name == "" {
			name = path.Base(p.File)
		}
		part, err := w.CreatePart(partHeader(p, name))
		if err == nil {
			_, err = io.WriteString(part, p.Value)
		}
		if err != nil {
			return "", executors.Errorf("the part %s cannot be written: %w", p.Name, err)
		}
		if p.File != "" {
			file, err := a.filePiece(p.File)
			if err != nil {
				return "", err
			}
			flush()
			pieces = append(pieces, file)
		}
	}
	if err := w.Close(); err != nil {
		return "", executors.Errorf("the multipart body cannot be written: %w", err)
	}
	flush()
	return w.FormDataContentType(), a.sendPieces(out, pieces)
}

var quoteEscaper = strings.NewReplacer("\\", "\\\\", `"`, "%22", "\r", "%0D", "\n", "%0A")

func partHeader(p spec.Part, filename string) textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	disposition := `form-data; name="` + quoteEscaper.Replace(p.Name) + `"`
	contentType := p.ContentType
	if filename != "" {
		disposition += `; filename="` + quoteEscaper.Replace(filename) + `"`
		if contentType == "" {
			contentType = "application/octet-stream"
		}
	}
	h.Set("Content-Disposition", disposition)
	if contentType != "" {
		h.Set("Content-Type", strings.NewReplacer("\r", "", "\n", "").Replace(contentType))
	}
	return h
}

// readFile reads a file that came with the plan, at most limit bytes.
func readFile(files fs.FS, ref string, limit int) ([]byte, error) {
	f, name, err := executors.OpenFile(files, ref)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	err = errors.Join(err, f.Close())
	switch {
	case err != nil:
		return nil, executors.Errorf("the file %s cannot be read: %w", name, err)
	case len(data) > limit:
		return nil, executors.Errorf("the file %s is too large: %s", name, bytesText(limit))
	}
	return data, nil
}

// bytesText prints a limit of whole MiB or KiB.
func bytesText(n int) string {
	if n >= 1<<20 {
		return fmt.Sprintf("more than %d MiB", n>>20)
	}
	return fmt.Sprintf("more than %d KiB", n>>10)
}
