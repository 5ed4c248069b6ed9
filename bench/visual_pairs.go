//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	stdpng "image/png"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/internal/imagediff/png"
	"github.com/semantest/semantest/internal/spec"
)

// The pairs that are compared.
const (
	pairSame      = "the same bytes"
	pairHardly    = "1 % differs"
	pairElsewhere = "another page"
	pairVery      = "every pixel differs"
)

// visualPairs draws pages of the shop and makes pairs of them.
func visualPairs(ctx context.Context, folder string) ([]visualPair, error) {
	taken, err := drawShop(ctx)
	if err != nil {
		return nil, err
	}
	home, err := png.Decode(taken["home.png"])
	if err != nil {
		return nil, err
	}
	product, err := png.Decode(taken["product.png"])
	if err != nil {
		return nil, err
	}
	// A hundredth of the page is drawn in other colours.
	hardly := image.NewNRGBA(home.Rect)
	copy(hardly.Pix, home.Pix)
	for y := 400; y < 400+108; y++ {
		for at := hardly.PixOffset(500, y); at < hardly.PixOffset(500+192, y); at++ {
			if at%4 != 3 {
				hardly.Pix[at] ^= 0xff
			}
		}
	}
	very := image.NewNRGBA(home.Rect)
	for i, v := range product.Pix {
		very.Pix[i] = v
		if i%4 != 3 {
			very.Pix[i] = home.Pix[i] ^ 0x80 + v/4
		}
	}
	files := map[string][]byte{"home": taken["home.png"], "product": taken["product.png"]}
	for name, img := range map[string]*image.NRGBA{"hardly": hardly, "very": very} {
		var out bytes.Buffer
		if err := (&stdpng.Encoder{CompressionLevel: stdpng.BestSpeed}).Encode(&out, img); err != nil {
			return nil, fmt.Errorf("write a picture: %w", err)
		}
		files[name] = out.Bytes()
	}
	path := func(name string) string { return filepath.Join(folder, name+".png") }
	for name, file := range files {
		if err := os.WriteFile(path(name), file, 0o600); err != nil {
			return nil, fmt.Errorf("keep a picture: %w", err)
		}
	}
	return []visualPair{
		{pairSame, path("home"), path("home")}, {pairHardly, path("home"), path("hardly")},
		{pairElsewhere, path("home"), path("product")}, {pairVery, path("home"), path("very")},
	}, nil
}

const visualPlan = `version: "1"
name: pages
cases:
  - id: pages
    kind: browser
    viewport: {width: 1920, height: 1080}
    steps: [goto: /, screenshot: home, goto: /products/TEA-01, screenshot: product]
`

// drawShop takes screenshots of the shop with the browser executor.
func drawShop(ctx context.Context) (_ pictures, err error) {
	s := shop.New()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the shop: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		err = errors.Join(err, server.Close(), s.Close())
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
	}()
	plan, err := spec.Parse([]byte(visualPlan))
	if err != nil {
		return nil, err
	}
	e := browser.New(browser.Options{})
	defer together(&err, e.Close)
	taken := pictures{}
	outcome, err := e.Execute(ctx, executors.Task{RunID: "run", ResultID: "result", Attempt: 1, Case: plan.Cases[0], Use: plan.Use,
		Scope: spec.NewScope(map[string]any{spec.VarBaseURL: "http://" + l.Addr().String()}, nil), Files: os.DirFS(".")}, taken)
	if outcome != spec.OutcomePassed {
		return nil, fmt.Errorf("taking the pictures is %s: %w", outcome, err)
	}
	return taken, nil
}

// pictures keeps what a case attaches.
type pictures map[string][]byte

// Emit implements executors.Sink.
func (pictures) Emit(executors.Event) {}

// Attach implements executors.Sink. The steps of a case attach one after the other.
func (p pictures) Attach(_ context.Context, a executors.Attachment) error {
	body, err := io.ReadAll(a.Body)
	p[a.Name] = body
	return errors.Join(err, a.Body.Close())
}
