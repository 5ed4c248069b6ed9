package shop_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/examples/shop"
)

// upload is a review's form; a nil picture sends none.
func upload(t *testing.T, rating, text string, picture []byte) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for name, value := range map[string]string{"rating": rating, "text": text} {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if picture != nil {
		part, err := w.CreateFormFile("picture", "mug.png")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(picture); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

func pngOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const reviewsOfMug = "/api/products/MUG-01/reviews"

func TestReviewWithPicture(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	picture := pngOf(t, 8, 6)
	body, contentType := upload(t, "5", "Lovely", picture)
	got := v.want(201, "POST", reviewsOfMug, body, "Content-Type", contentType)
	pic := got["picture"].(map[string]any)
	if got["rating"] != 5.0 || pic["width"] != 8.0 || pic["height"] != 6.0 || pic["size"] != float64(len(picture)) {
		t.Errorf("review %v", got)
	}
	a := newVisitor(t, v.base).send("GET", pic["url"].(string), nil)
	if a.header.Get("Content-Type") != "image/png" || !bytes.Equal(a.body, picture) {
		t.Errorf("the picture came back as %s with %d bytes", a.header.Get("Content-Type"), len(a.body))
	}
	if own := v.want(200, "GET", reviewsOfMug, nil)["items"].([]any); len(own) != 1 {
		t.Errorf("own reviews: %v", own)
	}
	if others := newVisitor(t, v.base).want(200, "GET", reviewsOfMug, nil)["items"].([]any); len(others) != 0 {
		t.Errorf("others see %v", others)
	}
}

func TestReviewsThatAreRefused(t *testing.T) {
	t.Parallel()
	base := open(t)
	tests := map[string]struct {
		rating, text string
		picture      []byte
		status       int
		fields       []string
	}{
		"no stars":           {"", "", nil, 422, []string{"rating"}},
		"six stars":          {"6", "", nil, 422, []string{"rating"}},
		"endless text":       {"5", string(bytes.Repeat([]byte("x"), 501)), nil, 422, []string{"text"}},
		"a script":           {"5", "", []byte("<script>alert(1)</script>"), 422, []string{"picture"}},
		"too large for both": {"5", "", make([]byte, 600<<10), 413, nil},
		"too large":          {"5", "", make([]byte, 513<<10), 422, []string{"picture"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, contentType := upload(t, tc.rating, tc.text, tc.picture)
			got := newVisitor(t, base).want(tc.status, "POST", reviewsOfMug, body, "Content-Type", contentType)
			if diff := cmp.Diff(tc.fields, fields(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	v := newVisitor(t, base)
	v.want(415, "POST", reviewsOfMug, map[string]any{"rating": 5})
	v.want(400, "POST", reviewsOfMug, "nothing", "Content-Type", "multipart/form-data; boundary=x")
	body, contentType := upload(t, "5", "", nil)
	v.want(404, "POST", "/api/products/NO-1/reviews", body, "Content-Type", contentType)
}

func TestReviewWithoutPicture(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t))
	body, contentType := upload(t, "3", "Fine", []byte{}) // what a form sends for an empty field
	if got := v.want(201, "POST", reviewsOfMug, body, "Content-Type", contentType); got["picture"] != nil {
		t.Errorf("review %v", got)
	}
}

func TestOldestReviewsMakeRoom(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, open(t, shop.WithLimits(0, 0, 2)))
	var urls []string
	for range 3 {
		body, contentType := upload(t, "5", "", pngOf(t, 2, 2))
		got := v.want(201, "POST", reviewsOfMug, body, "Content-Type", contentType)
		urls = append(urls, got["picture"].(map[string]any)["url"].(string))
	}
	for i, want := range []int{404, 200, 200} {
		if a := v.send("GET", urls[i], nil); a.status != want {
			t.Errorf("picture %d answered %d, want %d", i, a.status, want)
		}
	}
}
