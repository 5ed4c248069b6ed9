package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/spec"
)

const (
	maxState   = 5 << 20 // bytes of a storage state that is loaded
	maxOrigins = 20      // whose storage is saved
)

func (st *step) permit(p spec.Permissions) error {
	power, ok := driver.Power[driver.Permissions](st.first.Page)
	if !ok {
		return executors.Errorf("the browser grants no permissions")
	}
	for _, list := range []struct {
		names []string
		allow bool
	}{{p.Grant, true}, {p.Deny, false}} {
		for _, name := range list.names {
			if err := power.Permit(st.ctx, name, list.allow); err != nil {
				return executors.Errorf("the permission %q cannot be set: %s", name, oneLine(err.Error()))
			}
		}
	}
	return nil
}

// locate says where the device is, to the chosen tab and to those that are
// chosen later.
func (st *step) locate(g spec.Geolocation) error {
	st.place = &g
	return st.tellPlace(st.ctx, st.page)
}

func (r *run) tellPlace(ctx context.Context, pg *page) error {
	if r.place == nil {
		return nil
	}
	power, ok := driver.Power[driver.Geolocation](pg.Page)
	if !ok {
		return executors.Errorf("the browser has no place to be told")
	}
	accuracy := 10.0
	if r.place.Accuracy != nil {
		accuracy = *r.place.Accuracy
	}
	return power.SetGeolocation(ctx, r.place.Latitude, r.place.Longitude, accuracy)
}

// ---- cookies ----

func (st *step) jar() (driver.Cookies, error) {
	power, ok := driver.Power[driver.Cookies](st.first.Page)
	if !ok {
		return nil, executors.Errorf("the browser tells no cookies")
	}
	return power, nil
}

func (st *step) changeCookies(c spec.Cookies) error {
	jar, err := st.jar()
	if err != nil {
		return err
	}
	if c.Clear || len(c.Delete) > 0 {
		var keep []driver.Cookie
		if !c.Clear {
			all, err := jar.Cookies(st.ctx)
			if err != nil {
				return err
			}
			keep = slices.DeleteFunc(all, func(one driver.Cookie) bool { return slices.Contains(c.Delete, one.Name) })
		}
		if err := jar.ClearCookies(st.ctx); err != nil {
			return err
		}
		if err := st.setCookies(jar, keep); err != nil {
			return err
		}
	}
	set := make([]driver.Cookie, len(c.Set))
	for i, one := range c.Set {
		set[i] = driver.Cookie{Name: one.Name, Value: one.Value, Domain: one.Domain, Path: one.Path,
			Secure: one.Secure, HTTPOnly: one.HTTPOnly, SameSite: one.SameSite}
		if one.Expires > 0 {
			set[i].Expires = time.Now().Add(time.Duration(one.Expires))
		}
		if one.Domain == "" {
			ref := one.URL
			if ref == "" {
				ref = "/"
			}
			if set[i].URL, err = st.task.Scope.ResolveURL(ref); err != nil {
				return executors.Errorf("the cookie %s cannot be set: %w", one.Name, err)
			}
			if set[i].Path == "" { // else the browser takes that of the address
				set[i].Path = "/"
			}
		}
	}
	return st.setCookies(jar, set)
}

func (st *step) setCookies(jar driver.Cookies, all []driver.Cookie) error {
	if len(all) == 0 {
		return nil
	}
	if err := jar.SetCookies(st.ctx, all); err != nil {
		if st.ctx.Err() != nil {
			return err
		}
		return executors.Errorf("the browser does not take the cookies: %s", oneLine(err.Error()))
	}
	return nil
}

// expectCookie judges a cookie that is held. Its value may open a door, so it is
// not shown.
func (st *step) expectCookie(c spec.CookieName, m spec.Matcher) error {
	jar, err := st.jar()
	if err != nil {
		return err
	}
	for {
		all, err := jar.Cookies(st.ctx)
		if err != nil {
			return err
		}
		actual := spec.NoActual()
		for _, one := range all {
			if one.Name == c.Name && (c.Path == "" || c.Path == one.Path) {
				actual = spec.TextActual(one.Value)
			}
		}
		verdicts := m.Evaluate(actual)
		if !passed(verdicts) && !st.over() {
			if err := st.nap(); err != nil {
				return err
			}
			continue
		}
		for i := range verdicts {
			if actual.Exists {
				verdicts[i].Actual = "a value that is not shown"
				verdicts[i].Message = "is not as expected; its value is not shown"
			}
		}
		return st.judgeAll("cookie "+c.Name, verdicts)
	}
}

// ---- clipboard ----

// usesClipboard reports whether a case needs the clipboard for itself.
func usesClipboard(c spec.Case) bool {
	return slices.ContainsFunc(c.BrowserSteps, func(s spec.BrowserStep) bool {
		return s.Clipboard != nil || s.Expect != nil && s.Expect.Clipboard != nil
	})
}

// holdClipboard keeps other cases of the browser away from the clipboard until
// the case is over.
func (r *run) holdClipboard(ctx context.Context) error {
	power, ok := driver.Power[driver.Clipboard](r.first.Page)
	if !ok || !usesClipboard(r.task.Case) {
		return nil
	}
	release, err := power.HoldClipboard(ctx)
	if err != nil {
		return err
	}
	r.letGo = release
	permissions, ok := driver.Power[driver.Permissions](r.first.Page)
	if !ok {
		return nil
	}
	return errors.Join(permissions.Permit(ctx, "clipboard-read", true), permissions.Permit(ctx, "clipboard-write", true))
}

const noClipboard = "browsers give a clipboard to pages of https and of this machine only"

func (st *step) writeClipboard(text string) error {
	_, err := st.page.Evaluate(st.ctx, driver.WorldAgent,
		"async (text) => { if (!navigator.clipboard) throw '"+noClipboard+"'; await navigator.clipboard.writeText(text); return true; }", text)
	return st.clipboardError(err)
}

func (st *step) clipboardError(err error) error {
	if e, ok := errors.AsType[*driver.ScriptError](err); ok {
		return executors.Errorf("the clipboard cannot be used: %s", oneLine(e.Message))
	}
	return err
}

func (st *step) expectClipboard(m spec.Matcher) error {
	for {
		raw, err := st.page.Evaluate(st.ctx, driver.WorldAgent,
			"async () => { if (!navigator.clipboard) throw '"+noClipboard+"'; return await navigator.clipboard.readText(); }")
		if errors.Is(err, driver.ErrNavigated) && !st.over() {
			continue
		}
		if err != nil {
			return st.clipboardError(err)
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return fmt.Errorf("reading the clipboard: %w", err)
		}
		verdicts := m.Evaluate(spec.TextActual(text))
		if passed(verdicts) || st.over() {
			return st.judgeAll("clipboard", verdicts)
		}
		if err := st.nap(); err != nil {
			return err
		}
	}
}

// expectTabs judges how many tabs are open.
func (st *step) expectTabs(m spec.Matcher) error {
	var verdicts []spec.Verdict
	err := st.awaitFirst(func(s *state) bool {
		verdicts = m.Evaluate(spec.NumberActual(len(s.windows) + 1))
		return passed(verdicts)
	})
	if err != nil {
		return err
	}
	return st.judgeAll("tabs", verdicts)
}

// ---- storage state ----

// storedState is a storage state in the form that Playwright has given it.
type storedState struct {
	Cookies []storedCookie `json:"cookies"`
	Origins []storedOrigin `json:"origins"`
}

type storedCookie struct {
	Name     string  `json:"name"`
	Value    string  `json:"value"`
	Domain   string  `json:"domain"`
	Path     string  `json:"path"`
	Expires  float64 `json:"expires"` // seconds since 1970; -1 as long as the browser
	HTTPOnly bool    `json:"httpOnly"`
	Secure   bool    `json:"secure"`
	SameSite string  `json:"sameSite,omitempty"`
}

type storedOrigin struct {
	Origin       string       `json:"origin"`
	LocalStorage []storedItem `json:"localStorage"`
}

type storedItem struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (st *step) storageState(s spec.StorageState) error {
	if s.Save != "" {
		return st.saveState(s.Save)
	}
	return st.loadState(s.Load)
}

func (st *step) saveState(name string) error {
	jar, err := st.jar()
	if err != nil {
		return err
	}
	power, ok := driver.Power[driver.Storage](st.first.Page)
	if !ok {
		return executors.Errorf("the browser keeps no storage state")
	}
	cookies, err := jar.Cookies(st.ctx)
	if err != nil {
		return err
	}
	out := storedState{Cookies: []storedCookie{}, Origins: []storedOrigin{}}
	for _, c := range cookies {
		one := storedCookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: c.SameSite, Expires: -1}
		if !c.Expires.IsZero() {
			one.Expires = float64(c.Expires.Unix())
		}
		out.Cookies = append(out.Cookies, one)
	}
	for _, origin := range st.origins() {
		items, err := power.LocalStorage(st.ctx, origin)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			continue
		}
		kept := storedOrigin{Origin: origin}
		for _, key := range slices.Sorted(maps.Keys(items)) {
			kept.LocalStorage = append(kept.LocalStorage, storedItem{key, items[key]})
		}
		out.Origins = append(out.Origins, kept)
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the storage state: %w", err)
	}
	st.report.Set("storageState", map[string]any{"cookies": len(out.Cookies), "origins": len(out.Origins)})
	st.attach(st.ctx, st.report, executors.Attachment{
		Name: name, Kind: executors.AttachmentBody, ContentType: "application/json", Step: st.report.Index, Body: io.NopCloser(bytes.NewReader(raw)),
	})
	return nil
}

// origins lists those that the case has shown so far.
func (r *run) origins() []string {
	seen := map[string]bool{}
	for _, pg := range append(slices.Collect(maps.Values(r.known)), r.first) {
		for origin := range look(pg, func(s *state) map[string]bool { return maps.Clone(s.origins) }) {
			seen[origin] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// noteOrigin remembers whose document was shown.
func (s *state) noteOrigin(address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(s.origins) >= maxOrigins {
		return
	}
	if s.origins == nil {
		s.origins = map[string]bool{}
	}
	s.origins[u.Scheme+"://"+u.Host] = true
}

func (st *step) loadState(ref string) error {
	jar, err := st.jar()
	if err != nil {
		return err
	}
	power, ok := driver.Power[driver.Storage](st.first.Page)
	if !ok {
		return executors.Errorf("the browser keeps no storage state")
	}
	f, name, err := executors.OpenFile(st.task.Files, ref)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return executors.Errorf("the storage state %s cannot be read: %w", name, err)
	}
	if len(raw) > maxState {
		return executors.Errorf("the storage state %s has more than %d MiB", name, maxState>>20)
	}
	var in storedState
	if err := json.Unmarshal(raw, &in); err != nil {
		return executors.Errorf("%s is no storage state: %w", name, err)
	}
	cookies := make([]driver.Cookie, len(in.Cookies))
	for i, c := range in.Cookies {
		cookies[i] = driver.Cookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: c.SameSite}
		if c.Expires > 0 {
			cookies[i].Expires = time.Unix(int64(c.Expires), 0)
		}
	}
	if err := st.setCookies(jar, cookies); err != nil {
		return err
	}
	if len(in.Origins) > maxOrigins {
		return executors.Errorf("the storage state %s has %d origins; at most %d are loaded", name, len(in.Origins), maxOrigins)
	}
	for _, o := range in.Origins {
		u, err := url.Parse(o.Origin)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" || u.RawQuery != "" || u.User != nil {
			return executors.Errorf("%s names %q, which is no origin such as https://shop.test", name, short(o.Origin, 200))
		}
		items := make(map[string]string, len(o.LocalStorage))
		for _, item := range o.LocalStorage {
			items[item.Name] = item.Value
		}
		if err := power.SetLocalStorage(st.ctx, o.Origin, items); err != nil {
			return err
		}
	}
	return nil
}
