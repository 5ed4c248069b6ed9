package shop

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // a format that pictures may have
	_ "image/png"  // a format that pictures may have
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"
)

const (
	maxPicture    = 512 << 10
	maxUpload     = maxPicture + 16<<10
	maxPixels     = 16 << 20
	maxReviewText = 500
)

// review is a customer's opinion. Only its session lists it, so that tests
// that run side by side do not see each other's; its picture is open to all
// who know the id.
type review struct {
	ID      string         `json:"id"`
	SKU     string         `json:"sku"`
	Rating  int            `json:"rating"`
	Text    string         `json:"text"`
	Picture *reviewPicture `json:"picture,omitempty"`

	owner uint64
}

type reviewPicture struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Size        int    `json:"size"`

	data []byte
}

func (s *Shop) listReviews(w http.ResponseWriter, r *http.Request) {
	p, err := s.store.product(r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"items": s.store.reviewsOf(visitOf(r).session, p.SKU)})
}

func (s *Shop) createReview(w http.ResponseWriter, r *http.Request) {
	p, err := s.store.product(r.PathValue("sku"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	rev, err := readReview(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	rev.SKU = p.SKU
	s.store.addReview(visitOf(r).demandSession(), rev)
	w.Header().Set("Location", "/api/products/"+p.SKU+"/reviews")
	writeJSON(w, http.StatusCreated, rev)
}

func (s *Shop) reviewPicture(w http.ResponseWriter, r *http.Request) {
	pic := s.store.reviewPicture(r.PathValue("id"))
	if pic == nil {
		s.fail(w, r, notFound("There is no such picture."))
		return
	}
	writeCached(w, r, pic.ContentType, pic.data)
}

func (s *store) addReview(sess *session, rev *review) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rev.ID, rev.owner = newID("rev"), sess.owner
	if rev.Picture != nil {
		rev.Picture.URL = "/api/reviews/" + rev.ID + "/picture"
	}
	s.reviews.Add(rev.ID, rev)
}

func (s *store) reviewsOf(sess *session, sku string) []*review {
	out := []*review{}
	if sess == nil {
		return out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rev := range s.reviews.Values() {
		if rev.owner == sess.owner && rev.SKU == sku {
			out = append(out, rev)
		}
	}
	return out
}

func (s *store) reviewPicture(id string) *reviewPicture {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rev, ok := s.reviews.Peek(id); ok {
		return rev.Picture
	}
	return nil
}

func readReview(w http.ResponseWriter, r *http.Request) (*review, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("The upload is larger than %d bytes.", maxUpload)}
		}
		if errors.Is(err, http.ErrNotMultipart) {
			return nil, &problem{Status: http.StatusUnsupportedMediaType, Detail: "Send the review as multipart/form-data."}
		}
		return nil, &problem{Status: http.StatusBadRequest, Detail: "The body is not valid multipart/form-data."}
	}
	var errs []fieldError
	rev := &review{Text: r.PostFormValue("text")}
	rating, err := strconv.Atoi(r.PostFormValue("rating"))
	if err != nil || rating < 1 || rating > 5 {
		errs = append(errs, fieldError{"rating", "Give 1 to 5 stars."})
	}
	rev.Rating = rating
	if utf8.RuneCountInString(rev.Text) > maxReviewText {
		errs = append(errs, fieldError{"text", fmt.Sprintf("Write at most %d characters.", maxReviewText)})
	}
	pic, bad := readPicture(r)
	if bad != nil {
		errs = append(errs, *bad)
	}
	rev.Picture = pic
	if len(errs) > 0 {
		return nil, invalidAll(errs)
	}
	return rev, nil
}

// readPicture returns nil where none was sent: a form sends an empty file for
// a field that was left alone.
func readPicture(r *http.Request) (*reviewPicture, *fieldError) {
	file, header, err := r.FormFile("picture")
	if errors.Is(err, http.ErrMissingFile) || (err == nil && header.Size == 0) {
		return nil, nil
	}
	wrong := &fieldError{"picture", fmt.Sprintf("Choose a PNG or JPEG picture of at most %d KiB.", maxPicture>>10)}
	if err != nil {
		return nil, wrong
	}
	defer func() { _ = file.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(file, maxPicture+1))
	if err != nil || len(data) > maxPicture {
		return nil, wrong
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || cfg.Width*cfg.Height > maxPixels {
		return nil, wrong
	}
	return &reviewPicture{ContentType: "image/" + format, Width: cfg.Width, Height: cfg.Height, Size: len(data), data: data}, nil
}
