package browser_test

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const greeting = `<title>Greeting</title><h1>Hello</h1>
<label>Name <input id=name></label> <button onclick="out.textContent='Hello, '+document.getElementById('name').value">Greet</button>
<p id=out></p>`

func TestGreeting(t *testing.T) {
	t.Parallel()
	r := on(t, greeting,
		fill(spec.Locator{Label: "Name"}, "Ada"),
		click(role("button", "Greet")),
		text(css("#out"), "Hello, Ada"),
		spec.BrowserStep{Screenshot: &spec.Screenshot{Name: "greeting"}},
	).passes(t)

	shots := r.Attachments()
	if len(shots) != 1 || shots[0].Name != "greeting.png" || shots[0].Kind != executors.AttachmentScreenshot || shots[0].Step != 4 {
		t.Fatalf("%d attachments, want one screenshot of step 4", len(shots))
	}
	img, err := png.Decode(bytes.NewReader(shots[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 1920 || size.Y != 1080 {
		t.Errorf("the picture is %v, want 1920x1080", size)
	}
}
