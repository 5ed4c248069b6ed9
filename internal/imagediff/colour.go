package imagediff

// The weights of red, green and blue in the three parts of YIQ: brightness and
// two of colour.
const (
	yRed, yGreen, yBlue = 0.29889531, 0.58662247, 0.11448223
	iRed, iGreen, iBlue = 0.59597799, 0.27417610, 0.32180189
	qRed, qGreen, qBlue = 0.21147017, 0.52261711, 0.31114694
)

// delta is the difference of two colours, from -255 to 255 in each part.
type delta struct{ r, g, b float64 }

func channels(p uint32) (r, g, b, a int) {
	return int(p & 0xff), int(p >> 8 & 0xff), int(p >> 16 & 0xff), int(p >> 24)
}

func opaqueDelta(p, q uint32) delta {
	r1, g1, b1, _ := channels(p)
	r2, g2, b2, _ := channels(q)
	return delta{float64(r1 - r2), float64(g1 - g2), float64(b1 - b2)}
}

// blendedDelta is that of two colours which let a background through. The
// background is a pattern that depends on the offset of the pixel in bytes, so
// that no colour can hide in it.
func blendedDelta(p, q uint32, offset int) delta {
	r1, g1, b1, a1 := channels(p)
	r2, g2, b2, a2 := channels(q)
	if a1 == 255 && a2 == 255 {
		return opaqueDelta(p, q)
	}
	back := func(period float64) int { return 48 + 159*(int(float64(offset)/period)%2) }
	blend := func(v1, v2, back int) float64 { return float64(v1*a1-v2*a2-back*(a1-a2)) / 255 }
	return delta{
		blend(r1, r2, 48+159*(offset%2)),
		blend(g1, g2, back(1.618033988749895)),
		blend(b1, b2, back(2.618033988749895)),
	}
}

// brightness is the part of a difference that the eye sees best.
//
// Here and in distance each product is rounded by a conversion: on some
// machines the compiler would otherwise join it with the sum, and counts would
// differ from one machine to the other.
func brightness(d delta) float64 {
	return float64(d.r*yRed) + float64(d.g*yGreen) + float64(d.b*yBlue)
}

// distance is how far the eye sees two colours apart, from 0 to 35215.
func distance(d delta) float64 {
	y := brightness(d)
	i := float64(d.r*iRed) - float64(d.g*iGreen) - float64(d.b*iBlue)
	q := float64(d.r*qRed) - float64(d.g*qGreen) + float64(d.b*qBlue)
	return float64(float64(0.5053*y)*y) + float64(float64(0.299*i)*i) + float64(float64(0.1957*q)*q)
}

// The weights of brightness as whole numbers, in units of 1e-8.
const (
	wholeRed, wholeGreen, wholeBlue = 29889531, 58662247, 11448223
)

// luminance orders colours by brightness in whole numbers. Two colours have the
// same one only where they are the same: the weights have no common multiple
// within the range of colours. So for opaque colours it decides what brightness
// decides in floating point, and exactly so.
func luminance(p uint32) int64 {
	return int64(p&0xff)*wholeRed + int64(p>>8&0xff)*wholeGreen + int64(p>>16&0xff)*wholeBlue
}
