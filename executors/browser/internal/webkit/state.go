package webkit

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Cookies  = (*Page)(nil)
	_ driver.Preloads = (*Page)(nil)
	_ driver.Emulator = (*Page)(nil)
)

type cookie struct {
	Name     string  `json:"name"`
	Value    string  `json:"value"`
	Domain   string  `json:"domain"`
	Path     string  `json:"path"`
	Expires  float64 `json:"expires"` // milliseconds since 1970
	Session  bool    `json:"session"`
	HTTPOnly bool    `json:"httpOnly"`
	Secure   bool    `json:"secure"`
	SameSite string  `json:"sameSite"`
}

// Cookies implements driver.Cookies: those that the page which is shown is sent
// with. The browser tells of no other ones.
func (pg *Page) Cookies(ctx context.Context) ([]driver.Cookie, error) {
	var got struct {
		Cookies []cookie `json:"cookies"`
	}
	if err := pg.inspect(ctx, "Page.getCookies", nil, &got); err != nil {
		return nil, err
	}
	out := make([]driver.Cookie, 0, len(got.Cookies))
	for _, c := range got.Cookies {
		one := driver.Cookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, Secure: c.Secure, HTTPOnly: c.HTTPOnly, SameSite: c.SameSite}
		if !c.Session && c.Expires > 0 {
			one.Expires = time.UnixMilli(int64(c.Expires))
		}
		out = append(out, one)
	}
	return out, nil
}

// SetCookies implements driver.Cookies.
func (pg *Page) SetCookies(ctx context.Context, all []driver.Cookie) error {
	for _, c := range all {
		one := cookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, Session: c.Expires.IsZero(), HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: c.SameSite}
		if one.Domain == "" {
			u, err := url.Parse(c.URL)
			if err != nil || u.Hostname() == "" {
				return fmt.Errorf("the cookie %s has no host that it is for", c.Name)
			}
			one.Domain = u.Hostname()
		}
		if one.Path == "" {
			one.Path = "/"
		}
		if one.SameSite == "" {
			one.SameSite = "None"
		}
		if !one.Session {
			one.Expires = float64(c.Expires.UnixMilli())
		}
		if err := pg.inspect(ctx, "Page.setCookie", object{"cookie": one}, nil); err != nil {
			return err
		}
	}
	return nil
}

// ClearCookies implements driver.Cookies.
func (pg *Page) ClearCookies(ctx context.Context) error {
	all, err := pg.Cookies(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		scheme := "http://"
		if c.Secure {
			scheme = "https://"
		}
		where := scheme + strings.TrimPrefix(c.Domain, ".") + c.Path
		if err := pg.inspect(ctx, "Page.deleteCookie", object{"cookieName": c.Name, "url": where}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Preload implements driver.Preloads.
func (pg *Page) Preload(ctx context.Context, script string) error {
	pg.mu.Lock()
	pg.preloads += "{" + script + "\n}\n"
	all := pg.preloads
	pg.mu.Unlock()
	if err := pg.inspector.lasting(ctx, "Page.setBootstrapScript", object{"source": all}); err != nil {
		return err
	}
	return pg.script(ctx, "sync", script, nil, nil)
}

// preferences are the browser's names for what pages can ask about.
var preferences = map[string]string{"dark": "Dark", "light": "Light", "reduce": "Reduce", "no-preference": "NoPreference"}

// Emulate implements driver.Emulator. What is not in it here, the engine's
// capabilities lack.
func (pg *Page) Emulate(ctx context.Context, e driver.Emulation) error {
	for _, o := range []struct{ name, value string }{{"PrefersColorScheme", e.ColorScheme}, {"PrefersReducedMotion", e.ReducedMotion}} {
		if o.value == "" {
			continue
		}
		params := object{"name": o.name}
		if v, known := preferences[o.value]; known && (o.name != "PrefersColorScheme" || v != "NoPreference") {
			params["value"] = v
		}
		if err := pg.inspector.lasting(ctx, "Page.overrideUserPreference", params); err != nil {
			return err
		}
	}
	if e.UserAgent == "" {
		return nil
	}
	return pg.inspector.lasting(ctx, "Page.overrideUserAgent", object{"value": e.UserAgent})
}

var _ driver.Uploads = (*Page)(nil)

// element is how WebDriver writes down an element of the page.
type element map[string]string

const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// SetFiles implements driver.Uploads.
func (pg *Page) SetFiles(ctx context.Context, doc driver.Document, paths []string) error {
	var field element
	err := pg.script(ctx, "sync", `const [name, id] = arguments, page = window[name];
		return page?.id === id ? page.agent.stashedElement() : null;`, []any{pg.name, doc}, &field)
	if err != nil {
		return err
	}
	return pg.setFiles(ctx, field, paths)
}

func (pg *Page) setFiles(ctx context.Context, field element, paths []string) error {
	id := field[elementKey]
	if id == "" {
		return driver.ErrNavigated
	}
	// The files of before stay otherwise, where a field takes several.
	clearing := `arguments[0].value = ''`
	if err := pg.script(ctx, "sync", clearing, []any{field}, nil); err != nil {
		return err
	}
	err := pg.do(ctx, http.MethodPost, "/element/"+url.PathEscape(id)+"/value", object{"text": strings.Join(paths, "\n")}, nil)
	if refused(err, "stale element reference", "no such element") {
		return driver.ErrNavigated
	}
	return err
}

// choosing keeps the browser from asking which files are meant: the field that
// would have asked is put aside instead.
const choosing = `const [name, on] = arguments, page = window[name];
	if (page.choosing) {
		removeEventListener('click', page.choosing, true);
		delete page.choosing;
		delete page.chooser;
	}
	if (!on) return;
	page.choosing = (e) => {
		const el = e.composedPath()[0];
		const field = el?.matches?.('input[type=file]') ? el : null;
		if (field) { e.preventDefault(); page.chooser = field; }
	};
	addEventListener('click', page.choosing, true);`

// CatchChooser implements driver.Uploads. A field that is no part of the page
// cannot be given files.
func (pg *Page) CatchChooser(ctx context.Context, on bool) error {
	pg.mu.Lock()
	pg.chooses = on
	pg.mu.Unlock()
	if err := pg.script(ctx, "sync", installer(), []any{pg.name}, nil); err != nil {
		return err
	}
	return pg.script(ctx, "sync", choosing, []any{pg.name, on}, nil)
}

// onChooser tells, once, of a field that would have asked for files.
func (pg *Page) onChooser(multiple bool) {
	pg.mu.Lock()
	asked := pg.chooses
	pg.chooses = false
	pg.mu.Unlock()
	if !asked {
		return
	}
	pg.tell(driver.ChooserOpened{Multiple: multiple, SetFiles: func(ctx context.Context, paths []string) error {
		var field element
		if err := pg.script(ctx, "sync", "return window[arguments[0]]?.chooser ?? null", []any{pg.name}, &field); err != nil {
			return err
		}
		return pg.setFiles(ctx, field, paths)
	}})
}
