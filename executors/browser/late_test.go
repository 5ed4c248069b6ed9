package browser_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/spec"
)

// TestDeferredScriptsComeFirst: a page that a link leads to is drawn long before its
// deferred script has come, without which its button does nothing.
func TestDeferredScriptsComeFirst(t *testing.T) {
	t.Parallel()
	script := site.handle(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(700 * time.Millisecond): // as a slow server would
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(`document.querySelector('#b').onclick = () => { document.querySelector('#out').textContent = 'done' }`))
	})
	second := site.put(`<button id=b>Go</button><p id=out></p><script defer src="` + script + `"></script>`)
	for _, button := range []spec.Locator{role("button", "Go"), css("#b")} {
		perform(t, open(site.put(`<a href="`+second+`">On</a>`)), click(role("link", "On")), click(button),
			within(5*time.Second, text(css("#out"), "done"))).passes(t)
	}
}
