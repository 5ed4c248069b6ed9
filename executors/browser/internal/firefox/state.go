package firefox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/executors/browser/internal/driver"
)

var (
	_ driver.Cookies     = (*Page)(nil)
	_ driver.Storage     = (*Page)(nil)
	_ driver.Permissions = (*Page)(nil)
	_ driver.Geolocation = (*Page)(nil)
)

// bytesValue is a value that may be no text.
type bytesValue struct {
	Type  string `json:"type"` // string, base64
	Value string `json:"value"`
}

func (v bytesValue) bytes() []byte {
	if v.Type != "base64" {
		return []byte(v.Value)
	}
	raw, err := base64.StdEncoding.DecodeString(v.Value)
	if err != nil {
		return nil
	}
	return raw
}

type cookie struct {
	Name     string     `json:"name"`
	Value    bytesValue `json:"value"`
	Domain   string     `json:"domain"`
	Path     string     `json:"path,omitempty"`
	HTTPOnly bool       `json:"httpOnly"`
	Secure   bool       `json:"secure"`
	SameSite string     `json:"sameSite,omitempty"`
	Expiry   int64      `json:"expiry,omitempty"` // seconds since 1970
}

var sameSites = map[string]string{"strict": "Strict", "lax": "Lax", "none": "None"}

// jar is where the cookies of the page are.
func (pg *Page) jar() object { return object{"type": "storageKey", "userContext": pg.user} }

// Cookies implements driver.Cookies.
func (pg *Page) Cookies(ctx context.Context) ([]driver.Cookie, error) {
	var got struct {
		Cookies []cookie `json:"cookies"`
	}
	if err := pg.wait(ctx, pg.browser.conn.start("storage.getCookies", object{"partition": pg.jar()}), &got); err != nil {
		return nil, err
	}
	out := make([]driver.Cookie, 0, len(got.Cookies))
	for _, c := range got.Cookies {
		one := driver.Cookie{Name: c.Name, Value: string(c.Value.bytes()), Domain: c.Domain, Path: c.Path, Secure: c.Secure,
			HTTPOnly: c.HTTPOnly, SameSite: sameSites[c.SameSite]}
		if c.Expiry > 0 {
			one.Expires = time.Unix(c.Expiry, 0)
		}
		out = append(out, one)
	}
	return out, nil
}

// SetCookies implements driver.Cookies.
func (pg *Page) SetCookies(ctx context.Context, all []driver.Cookie) error {
	sent := make([]*pending, 0, len(all))
	for _, c := range all {
		one := cookie{Name: c.Name, Value: bytesValue{"string", c.Value}, Domain: c.Domain, Path: c.Path, HTTPOnly: c.HTTPOnly,
			Secure: c.Secure, SameSite: strings.ToLower(c.SameSite)}
		if one.Domain == "" {
			u, err := url.Parse(c.URL)
			if err != nil || u.Hostname() == "" {
				return fmt.Errorf("the cookie %s has no host that it is for", c.Name)
			}
			one.Domain = u.Hostname()
		}
		if !c.Expires.IsZero() {
			one.Expiry = c.Expires.Unix()
		}
		sent = append(sent, pg.browser.conn.start("storage.setCookie", object{"cookie": one, "partition": pg.jar()}))
	}
	for _, p := range sent {
		if err := pg.wait(ctx, p, nil); err != nil {
			return err
		}
	}
	return nil
}

// ClearCookies implements driver.Cookies.
func (pg *Page) ClearCookies(ctx context.Context) error {
	return pg.wait(ctx, pg.browser.conn.start("storage.deleteCookies", object{"partition": pg.jar()}), nil)
}

// SetGeolocation implements driver.Geolocation.
func (pg *Page) SetGeolocation(ctx context.Context, latitude, longitude, accuracy float64) error {
	return pg.override(ctx, "emulation.setGeolocationOverride",
		object{"coordinates": object{"latitude": latitude, "longitude": longitude, "accuracy": accuracy}})
}

// grant is what is answered where pages ask for something.
type grant struct {
	name  string
	state string
}

// maxAsked bounds the origins that are told what they may.
const maxAsked = 500

// Permit implements driver.Permissions. The browser takes an origin with each
// permission, so each is told when it is first asked for a document.
func (pg *Page) Permit(ctx context.Context, name string, allow bool) error {
	g := grant{name: name, state: "denied"}
	if allow {
		g.state = "granted"
	}
	// One that nobody has tells whether there is such a permission.
	if err := pg.wait(ctx, pg.permission(g, "https://permission.invalid"), nil); err != nil {
		return err
	}
	root := pg.root()
	root.mu.Lock()
	root.granted = append(slices.DeleteFunc(root.granted, func(old grant) bool { return old.name == name }), g)
	known := slices.Collect(maps.Keys(root.asked))
	if at := originOf(root.url); at != "" && !root.asked[at] {
		known = append(known, at)
	}
	root.mu.Unlock()
	for _, origin := range known {
		if err := pg.wait(ctx, pg.permission(g, origin), nil); err != nil {
			return err
		}
	}
	return nil
}

func (pg *Page) permission(g grant, origin string) *pending {
	return pg.browser.conn.start("permissions.setPermission", object{
		"descriptor": object{"name": g.name}, "state": g.state, "origin": origin, "userContext": pg.user,
	})
}

// allow tells the browser, without waiting, what the origin of a document that is
// about to come may. It is called on the page of its own.
func (pg *Page) allow(address string) {
	origin := originOf(address)
	pg.mu.Lock()
	if origin == "" || pg.asked[origin] || len(pg.asked) >= maxAsked {
		pg.mu.Unlock()
		return
	}
	if pg.asked == nil {
		pg.asked = map[string]bool{}
	}
	pg.asked[origin] = true
	granted := slices.Clone(pg.granted)
	pg.mu.Unlock()
	for _, g := range granted {
		pg.permission(g, origin)
	}
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// LocalStorage implements driver.Storage.
func (pg *Page) LocalStorage(ctx context.Context, origin string) (map[string]string, error) {
	raw, err := pg.visit(ctx, origin, "() => JSON.stringify({ ...localStorage })")
	if err != nil {
		return nil, err
	}
	var items map[string]string
	if err := json.Unmarshal([]byte(raw), &items); err != nil {
		return nil, fmt.Errorf("decoding the storage of %s: %w", origin, err)
	}
	return items, nil
}

// SetLocalStorage implements driver.Storage.
func (pg *Page) SetLocalStorage(ctx context.Context, origin string, items map[string]string) error {
	raw, err := json.Marshal(items)
	if err != nil {
		return fmt.Errorf("encoding what is stored: %w", err)
	}
	_, err = pg.visit(ctx, origin,
		"(items) => { for (const [key, value] of Object.entries(JSON.parse(items))) localStorage.setItem(key, value); return ''; }", string(raw))
	return err
}

// visit runs a function in an empty document of an origin, in a window of its
// own. The document is ours: the origin is not asked for it.
func (pg *Page) visit(ctx context.Context, origin, function string, args ...string) (text string, err error) {
	id, err := pg.window(ctx)
	if err != nil {
		return "", fmt.Errorf("opening a window: %w", err)
	}
	conn := pg.browser.conn
	defer conn.post("browsingContext.close", object{"context": id})
	pg.mu.Lock()
	if pg.visited == nil {
		pg.visited = map[string]bool{}
	}
	pg.visited[id] = true
	pg.mu.Unlock()
	var intercept struct {
		ID string `json:"intercept"`
	}
	if err := pg.wait(ctx, conn.start("network.addIntercept", object{"phases": []string{"beforeRequestSent"}, "contexts": []string{id}}), &intercept); err != nil {
		return "", fmt.Errorf("keeping the requests of a window: %w", err)
	}
	defer conn.post("network.removeIntercept", object{"intercept": intercept.ID})
	if err := pg.wait(ctx, conn.start("browsingContext.navigate", object{"context": id, "url": origin + "/", "wait": "complete"}), nil); err != nil {
		return "", fmt.Errorf("no document could be made for %s: %w", origin, err)
	}
	realm, err := pg.world(ctx, id, driver.WorldPage)
	if err != nil {
		return "", err
	}
	got, err := pg.function(ctx, realm, function, args...)
	if err != nil {
		return "", fmt.Errorf("the storage of %s cannot be used: %w", origin, err)
	}
	if got == nil {
		return "", fmt.Errorf("the storage of %s gave no answer", origin)
	}
	return *got, nil
}
