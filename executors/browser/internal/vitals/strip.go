package vitals

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

const (
	stripQuality = 75
	stripGap     = 4 // pixels between two pictures
)

var stripGround = color.Gray{Y: 0x88}

// Strip picks some frames at equal distances in time, from the opening of the
// page until it looked complete, and says which moments they show, in ms.
func Strip(frames []Frame, complete float64, count int) ([]Frame, []float64) {
	if len(frames) == 0 || count < 2 {
		return nil, nil
	}
	var picked []Frame
	var at []float64
	step := max(complete, 100) / float64(count-1)
	now := 0
	for i := range count {
		moment := step * float64(i)
		for now+1 < len(frames) && frames[now+1].At <= moment {
			now++
		}
		picked, at = append(picked, frames[now]), append(at, moment)
	}
	return picked, at
}

// Join draws pictures beside one another, as one JPEG.
func Join(frames []Frame) ([]byte, error) {
	var pictures []image.Image
	width, height := 0, 0
	for _, f := range frames {
		img, err := decode(f.Picture)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, img)
		width, height = max(width, img.Bounds().Dx()), max(height, img.Bounds().Dy())
	}
	if width == 0 {
		return nil, fmt.Errorf("there are no pictures to join")
	}
	out := image.NewRGBA(image.Rect(0, 0, len(pictures)*(width+stripGap)-stripGap, height))
	draw.Draw(out, out.Bounds(), image.NewUniform(stripGround), image.Point{}, draw.Src)
	for i, img := range pictures {
		at := image.Pt(i*(width+stripGap), 0)
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(img.Bounds().Size())}, img, img.Bounds().Min, draw.Src)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, out, &jpeg.Options{Quality: stripQuality}); err != nil {
		return nil, fmt.Errorf("drawing the filmstrip: %w", err)
	}
	return b.Bytes(), nil
}
