package firefox

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/semantest/semantest/executors/browser/agent"
	"github.com/semantest/semantest/executors/browser/internal/driver"
)

// browsingContext is a window, a tab or a frame.
type browsingContext struct {
	page *Page
	top  bool // no frame
}

// watch lets a page have the events of its user context.
func (b *Browser) watch(pg *Page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[pg.user] = pg
}

func (b *Browser) unwatch(pg *Page) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.users, pg.user)
	for id, c := range b.contexts {
		if c.page == pg || c.page.opener == pg {
			delete(b.contexts, id)
		}
	}
}

// about is what the events have in common.
type about struct {
	Context    string `json:"context"`
	Navigation string `json:"navigation"`
	URL        string `json:"url"`
}

// onEvent runs on the connection's reading goroutine.
func (b *Browser) onEvent(method string, params json.RawMessage) {
	switch method {
	case "browsingContext.contextCreated":
		b.onCreated(params)
		return
	case "script.realmDestroyed":
		if ev, ok := decode[struct{ Realm string }](params); ok {
			b.eachPage(func(pg *Page) { pg.worlds.forget(ev.Realm) })
		}
		return
	case "log.entryAdded":
		b.onLog(params)
		return
	case "network.authRequired":
		b.onAuth(params)
		return
	}
	ev, ok := decode[about](params)
	if !ok {
		return
	}
	b.mu.Lock()
	c := b.contexts[ev.Context]
	b.mu.Unlock()
	if c.page == nil {
		return
	}
	switch method {
	case "browsingContext.contextDestroyed":
		b.onDestroyed(c, ev.Context)
	case "browsingContext.userPromptOpened":
		c.page.onDialog(params, ev.Context)
	default:
		c.page.onEvent(method, ev, params)
	}
}

func (b *Browser) eachPage(do func(*Page)) {
	b.mu.Lock()
	pages := make([]*Page, 0, len(b.users))
	for _, pg := range b.users {
		pages = append(pages, pg)
	}
	b.mu.Unlock()
	for _, pg := range pages {
		do(pg)
	}
}

func (b *Browser) onCreated(params json.RawMessage) {
	ev, ok := decode[struct {
		Context     string  `json:"context"`
		Parent      *string `json:"parent"`
		Opener      *string `json:"originalOpener"`
		UserContext string  `json:"userContext"`
		URL         string  `json:"url"`
	}](params)
	if !ok {
		return
	}
	b.mu.Lock()
	pg := b.users[ev.UserContext]
	if pg != nil {
		in := pg
		if ev.Parent != nil {
			in = cmp.Or(b.contexts[*ev.Parent].page, pg)
		}
		b.contexts[ev.Context] = browsingContext{page: in, top: ev.Parent == nil}
	}
	b.mu.Unlock()
	if pg == nil || ev.Parent != nil {
		return
	}
	pg.mu.Lock()
	own := pg.id == ""
	if own { // the page's window is the first of its user context
		pg.id = ev.Context
	}
	own = own || pg.opening > 0 && ev.Opener == nil
	pg.mu.Unlock()
	if !own {
		pg.tell(driver.PopupOpened{ID: ev.Context,
			Keep:  func() {},
			Close: func() { b.conn.post("browsingContext.close", object{"context": ev.Context}) },
		})
	}
}

func (b *Browser) onDestroyed(c browsingContext, id string) {
	b.mu.Lock()
	delete(b.contexts, id)
	b.mu.Unlock()
	c.page.worlds.leave(id)
	if id == c.page.context() {
		c.page.tell(driver.Gone{Err: driver.ErrClosed})
	}
	if root := c.page.root(); c.top && id != root.context() {
		root.tell(driver.PopupClosed{ID: id})
	}
}

func (pg *Page) tell(e driver.Event) { pg.on(pg, e) }

// onEvent takes what happens in the page's windows and frames.
func (pg *Page) onEvent(method string, ev about, params json.RawMessage) {
	main := ev.Context == pg.context()
	switch method {
	case "browsingContext.navigationCommitted":
		pg.onCommitted(ev, main)
		return
	case "network.beforeRequestSent", "network.responseStarted", "network.responseCompleted", "network.fetchError":
		pg.onNetwork(method, params, ev.Context, main)
		return
	case "script.realmCreated":
		pg.onRealm(ev.Context, params)
		return
	case "input.fileDialogOpened":
		pg.onChooser(ev.Context, params)
		return
	case "browsingContext.downloadWillBegin":
		pg.root().onDownload(ev, params)
	case "browsingContext.downloadEnd":
		pg.root().onDownloaded(ev, params)
		return
	case "browsingContext.navigationStarted":
		pg.root().allow(ev.URL)
	}
	if !main {
		return
	}
	switch method {
	case "browsingContext.navigationStarted":
		pg.mu.Lock()
		pg.started = ev.Navigation
		pg.mu.Unlock()
		pg.tell(driver.Leaving{On: true})
	case "browsingContext.navigationAborted", "browsingContext.navigationFailed":
		pg.stay(ev.Navigation)
	case "browsingContext.downloadWillBegin":
		pg.mu.Lock()
		pg.download = true
		pg.mu.Unlock()
		pg.stay(ev.Navigation)
	case "browsingContext.fragmentNavigated", "browsingContext.historyUpdated":
		pg.mu.Lock()
		pg.url = ev.URL
		pg.arrive(driver.Navigation{})
		pg.mu.Unlock()
		pg.tell(driver.MovedWithin{URL: ev.URL})
	case "browsingContext.domContentLoaded":
		pg.tell(driver.Reached{Load: ev.Navigation, State: "DOMContentLoaded"})
	case "browsingContext.load":
		pg.tell(driver.Reached{Load: ev.Navigation, State: "load"})
		pg.onLoaded(ev.Navigation)
	}
}

// stay notes that a navigation brings no document.
func (pg *Page) stay(navigation string) {
	pg.mu.Lock()
	waits := pg.started == navigation || navigation == ""
	pg.mu.Unlock()
	if waits {
		pg.tell(driver.Leaving{})
	}
}

func (pg *Page) onCommitted(ev about, main bool) {
	shown := ev.URL
	if rest, ok := strings.CutPrefix(ev.URL, "about:neterror?"); ok { // the browser's own page in its place
		q, err := url.ParseQuery(rest)
		if err == nil {
			shown = q.Get("u")
		}
	}
	pg.tell(driver.Shown{URL: shown})
	if !main {
		return
	}
	pg.mu.Lock()
	pg.url = shown
	pg.arrive(driver.Navigation{Load: ev.Navigation})
	pg.mu.Unlock()
	pg.resetIdle(ev.Navigation)
	pg.tell(driver.Navigated{URL: shown, Load: ev.Navigation})
}

func (pg *Page) onRealm(where string, params json.RawMessage) {
	ev, ok := decode[struct {
		Realm   string `json:"realm"`
		Type    string `json:"type"`
		Sandbox string `json:"sandbox"`
	}](params)
	switch {
	case !ok || ev.Type != "window":
	case ev.Sandbox == agent.Name:
		pg.worlds.enter(where, driver.WorldAgent, ev.Realm)
	case ev.Sandbox == "":
		pg.worlds.enter(where, driver.WorldPage, ev.Realm)
	}
}

func (pg *Page) onDialog(params json.RawMessage, where string) {
	ev, ok := decode[struct {
		Type         string `json:"type"`
		Message      string `json:"message"`
		DefaultValue string `json:"defaultValue"`
	}](params)
	if !ok {
		return
	}
	popup := where
	if where == pg.context() {
		popup = ""
	}
	pg.tell(driver.DialogOpened{
		Kind: ev.Type, Message: ev.Message, Default: ev.DefaultValue, Popup: popup,
		Answer: func(a driver.DialogAnswer) {
			answer := object{"context": where, "accept": a.Accept}
			if a.Accept && ev.Type == "prompt" {
				answer["userText"] = a.Text
			}
			pg.browser.conn.post("browsingContext.handleUserPrompt", answer)
		},
	})
}

// onAuth answers who asks for credentials: the proxy gets those of the page, all
// others none.
func (b *Browser) onAuth(params json.RawMessage) {
	ev, ok := decode[struct {
		Context     string `json:"context"`
		UserContext string `json:"userContext"`
		Request     struct {
			Request string `json:"request"`
		} `json:"request"`
		Response struct {
			Status int `json:"status"`
		} `json:"response"`
		Redirects int `json:"redirectCount"`
	}](params)
	if !ok {
		return
	}
	b.mu.Lock()
	pg := b.contexts[ev.Context].page
	if pg == nil {
		pg = b.users[ev.UserContext]
	}
	b.mu.Unlock()
	answer := object{"request": ev.Request.Request, "action": "cancel"}
	if pg != nil && pg.access != nil && ev.Response.Status == 407 {
		answer["action"] = "provideCredentials"
		answer["credentials"] = object{"type": "password", "username": pg.access.User, "password": pg.access.Password}
	}
	b.conn.post("network.continueWithAuth", answer)
}
