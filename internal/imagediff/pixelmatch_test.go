package imagediff_test

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/imagediff"
	"github.com/semantest/semantest/internal/imagediff/png"
)

var update = flag.Bool("update", false, "write the golden files, by the pixelmatch of bench/visualpeers")

const (
	golden = "testdata/pixelmatch.golden"
	peers  = "../../bench/visualpeers"
	pairs  = 600
)

// TestPixelmatch holds count and picture of many pairs against what pixelmatch
// answered for them.
func TestPixelmatch(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for seed := range uint64(pairs) {
		p := newPair(seed)
		fmt.Fprintln(&got, p.line(p.ours()))
	}
	if *update {
		var want strings.Builder
		peer := startPixelmatch(t)
		for seed := range uint64(pairs) {
			p := newPair(seed)
			fmt.Fprintln(&want, p.line(peer.compare(t, p)))
		}
		if err := os.WriteFile(golden, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("pixelmatch (-) and we (+) differ:\n%s", diff)
	}
}

// TestPixelmatchOnNewPairs does so for pairs that nobody has seen.
func TestPixelmatchOnNewPairs(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(peers, "node_modules", "pixelmatch")); err != nil {
		t.Skip("pixelmatch is not installed: npm ci in bench/visualpeers does it")
	}
	peer := startPixelmatch(t)
	for range 100 {
		seed := rand.Uint64()
		p := newPair(seed)
		if want, got := p.line(peer.compare(t, p)), p.line(p.ours()); want != got {
			t.Fatalf("seed %d: pixelmatch says %q, we %q", seed, want, got)
		}
	}
}

// pair is two pictures and how they are to be compared.
type pair struct {
	seed      uint64
	one, two  *image.NRGBA
	threshold float64
	edges     bool
}

// newPair draws what pages are made of: areas, edges, slopes, noise, with and
// without transparency, and changes some of it.
func newPair(seed uint64) pair {
	r := rand.New(rand.NewPCG(seed, 7))
	w, h := 1+r.IntN(90), 1+r.IntN(160)
	p := pair{seed: seed, one: image.NewNRGBA(image.Rect(0, 0, w, h)), two: image.NewNRGBA(image.Rect(0, 0, w, h)),
		threshold: []float64{0.2, 0.1, 0, 0.05, 0.5, 1}[r.IntN(6)], edges: r.IntN(4) == 0}
	through := r.IntN(3) == 0
	for i := range p.one.Pix {
		p.one.Pix[i] = 255
	}
	draw(r, p.one, 1+r.IntN(12), through)
	copy(p.two.Pix, p.one.Pix)
	switch r.IntN(5) {
	case 0: // drawn a little lower
		copy(p.two.Pix[p.two.Stride*min(h-1, 1):], p.one.Pix)
	case 1: // quite another one
		draw(r, p.two, 12, through)
	case 2: // the same, with noise that is hardly seen
		for i := range p.two.Pix {
			if i%4 != 3 && r.IntN(3) == 0 {
				p.two.Pix[i] ^= byte(r.IntN(16))
			}
		}
	default:
		draw(r, p.two, 1+r.IntN(3), through)
	}
	return p
}

func draw(r *rand.Rand, img *image.NRGBA, times int, through bool) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for range times {
		x, y := r.IntN(w), r.IntN(h)
		area := image.Rect(x, y, x+1+r.IntN(w), y+1+r.IntN(h)).Intersect(img.Rect)
		colour := [4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 255}
		if r.IntN(3) == 0 {
			colour[1], colour[2] = colour[0], colour[0]
		}
		if through && r.IntN(2) == 0 {
			colour[3] = byte(r.Uint32())
		}
		kind, slant := r.IntN(4), r.Float64()*2-1
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x := area.Min.X; x < area.Max.X; x++ {
				px := img.Pix[img.PixOffset(x, y):][:4]
				switch kind {
				case 0: // an area
					copy(px, colour[:])
				case 1: // noise
					if r.IntN(2) == 0 {
						binary.LittleEndian.PutUint32(px, r.Uint32()|0xff000000)
					}
				case 2: // a smooth edge
					cover := min(1, max(0, float64(x-area.Min.X)-slant*float64(y-area.Min.Y)))
					for c := range 3 {
						px[c] = byte(float64(px[c])*(1-cover) + float64(colour[c])*cover)
					}
				case 3: // a slope of brightness
					for c := range 3 {
						px[c] = byte(int(colour[c]) + x - area.Min.X)
					}
					px[3] = colour[3]
				}
			}
		}
	}
}

// verdict is a count and the picture of it as RGBA.
type verdict struct {
	count   int
	picture []byte
}

func (p pair) line(v verdict) string {
	return fmt.Sprintf("%d %dx%d threshold %g, edges %t: %d differ, picture %08x", p.seed, p.one.Rect.Dx(), p.one.Rect.Dy(),
		p.threshold, p.edges, v.count, crc32.ChecksumIEEE(v.picture))
}

func (p pair) ours() verdict {
	r := imagediff.Compare(png.FromImage(p.one), png.FromImage(p.two),
		imagediff.Options{Threshold: p.threshold, IncludeAntialiased: p.edges, Draw: true})
	return verdict{r.Different, png.FromImage(r.Picture).Pix}
}

// pixelmatch is npm's own, in a process that ends with the test.
type pixelmatch struct {
	in  io.Writer
	out io.Reader
}

func startPixelmatch(t *testing.T) *pixelmatch {
	t.Helper()
	dir, err := filepath.Abs(peers)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/pixelmatch.mjs", dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &pixelmatch{in: in, out: bufio.NewReader(out)}
}

func (m *pixelmatch) compare(t *testing.T, p pair) verdict {
	t.Helper()
	w, h := p.one.Rect.Dx(), p.one.Rect.Dy()
	head := binary.LittleEndian.AppendUint32(nil, uint32(w))
	head = binary.LittleEndian.AppendUint32(head, uint32(h))
	head = binary.LittleEndian.AppendUint64(head, math.Float64bits(p.threshold))
	edges := byte(0)
	if p.edges {
		edges = 1
	}
	for _, part := range [][]byte{append(head, edges), p.one.Pix, p.two.Pix} {
		if _, err := m.in.Write(part); err != nil {
			t.Fatalf("pixelmatch does not read: %v", err)
		}
	}
	answer := make([]byte, 4+4*w*h)
	if _, err := io.ReadFull(m.out, answer); err != nil {
		t.Fatalf("pixelmatch does not answer: %v", err)
	}
	return verdict{int(binary.LittleEndian.Uint32(answer)), answer[4:]}
}
