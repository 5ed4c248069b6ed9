package png

import "fmt"

// unfilter restores a line of pixels: each byte was stored as the difference to
// what the filter foretold from its neighbours. in, out and above are of one
// length, size is that of a pixel in bytes.
func unfilter(filter byte, out, in, above []byte, size int) error {
	out, above = out[:len(in)], above[:len(in)]
	switch filter {
	case 0:
		copy(out, in)
	case 1:
		if size == 3 {
			unfilterSub3(out, in)
			break
		}
		copy(out[:size], in)
		for i := size; i < len(in); i++ {
			out[i] = in[i] + out[i-size]
		}
	case 2:
		for i, v := range in {
			out[i] = v + above[i]
		}
	case 3:
		for i := range size {
			out[i] = in[i] + above[i]/2
		}
		for i := size; i < len(in); i++ {
			out[i] = in[i] + byte((int(out[i-size])+int(above[i]))/2) //nolint:gosec // a mean of bytes
		}
	case 4:
		for i := range size {
			out[i] = in[i] + above[i]
		}
		for first := range size {
			unfilterPaeth(out, in, above, first, size)
		}
	default:
		return fmt.Errorf("%w: it has a filter %d, which there is not", ErrFormat, filter)
	}
	return nil
}

func unfilterSub3(out, in []byte) {
	var r, g, b byte
	for len(in) >= 3 && len(out) >= 3 {
		r, g, b = r+in[0], g+in[1], b+in[2]
		out[0], out[1], out[2] = r, g, b
		in, out = in[3:], out[3:]
	}
}

// unfilterPaeth restores one channel. The foretold value is that of the left,
// upper and upper left neighbours which is nearest to left + upper - upper left.
func unfilterPaeth(out, in, above []byte, channel, size int) {
	left, corner := int(out[channel]), int(above[channel])
	for i := channel + size; i < len(in); i += size {
		up := int(above[i])
		toLeft, toUp := up-corner, left-corner
		toCorner := abs(toLeft + toUp)
		toLeft, toUp = abs(toLeft), abs(toUp)
		best := corner
		switch {
		case toLeft <= toUp && toLeft <= toCorner:
			best = left
		case toUp <= toCorner:
			best = up
		}
		left, corner = (best+int(in[i]))&0xff, up
		out[i] = byte(left)
	}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
