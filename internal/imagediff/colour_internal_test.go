package imagediff

import (
	"math/rand/v2"
	"testing"
)

// TestLuminanceTellsColoursApart proves what the comparison of opaque pictures
// relies on: no two colours, and no two differences of colours, have the same
// brightness in whole numbers.
func TestLuminanceTellsColoursApart(t *testing.T) {
	t.Parallel()
	const reach = 2 * 255 // of the difference of two differences
	for r := -reach; r <= reach; r++ {
		for g := -reach; g <= reach; g++ {
			sum := r*wholeRed + g*wholeGreen
			if sum%wholeBlue == 0 && sum/wholeBlue >= -reach && sum/wholeBlue <= reach && (r != 0 || g != 0) {
				t.Fatalf("red %d, green %d and blue %d are as bright as nothing", r, g, -sum/wholeBlue)
			}
		}
	}
}

// TestLuminanceOrdersAsBrightness compares the order in whole numbers with that
// in floating point, where colours are hardest to tell apart.
func TestLuminanceOrdersAsBrightness(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2_000_000 {
		own, p, q := r.Uint32()|opaque, r.Uint32()|opaque, r.Uint32()|opaque
		whole := luminance(p) - luminance(q)
		float := brightness(opaqueDelta(own, q)) - brightness(opaqueDelta(own, p))
		if (whole < 0) != (float < 0) || (whole == 0) != (float == 0) {
			t.Fatalf("%x, seen from %x, is %d brighter than %x, and %g in floating point", p, own, whole, q, float)
		}
	}
}

const opaque = 0xff000000

// TestShadesOfAllColours compares the two ways to fade a colour.
func TestShadesOfAllColours(t *testing.T) {
	t.Parallel()
	for c := range uint32(1 << 24) {
		if got, want := fadedOpaque(c|opaque), faded(c|opaque); got != want || got >= shades {
			t.Fatalf("the colour %06x has shade %d, want %d", c, got, want)
		}
	}
}
