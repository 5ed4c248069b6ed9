package browser

import (
	"cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/cdp"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/executors/browser/internal/firefox"
	"github.com/semantest/semantest/executors/browser/internal/webkit"
)

// engines are the browsers that a plan can name, the default first.
func engines() []driver.Engine {
	return []driver.Engine{cdp.Engine{}, cdp.Chrome, cdp.Edge, firefox.Engine{}, webkit.Engine{}}
}

// poolOf returns the pool of the browser that a case asks for.
func (e *Executor) poolOf(task executors.Task) (*pool, error) {
	word := cmp.Or(task.Case.Browser, task.Use.Browser)
	if word == "" {
		return e.pool, nil
	}
	p, ok := e.pools[word]
	if !ok {
		return nil, executors.Errorf("there is no browser %q: use chromium, chrome, edge, firefox or webkit", short(word, 100))
	}
	return p, nil
}
