package driver

import (
	"context"
	"time"
)

// Cookies are those of the page and of all that belongs to it.
type Cookies interface {
	Cookies(ctx context.Context) ([]Cookie, error)
	SetCookies(ctx context.Context, all []Cookie) error
	ClearCookies(ctx context.Context) error
}

// Cookie is a cookie of a browser. It has a URL or a domain when it is set.
type Cookie struct {
	Name, Value      string
	URL              string
	Domain, Path     string
	Secure, HTTPOnly bool
	SameSite         string    // Strict, Lax, None or empty
	Expires          time.Time // zero: with the browser
}

// Storage reads and writes what scripts of an origin keep, without a request to
// it.
type Storage interface {
	LocalStorage(ctx context.Context, origin string) (map[string]string, error)
	SetLocalStorage(ctx context.Context, origin string, items map[string]string) error
}

// Permissions answers beforehand what pages would ask a person.
type Permissions interface {
	// Permit allows or refuses something, by the web's name for it, for all
	// origins.
	Permit(ctx context.Context, name string, allow bool) error
}

// Geolocation says where the device is.
type Geolocation interface {
	SetGeolocation(ctx context.Context, latitude, longitude, accuracy float64) error
}

// Tabs are windows beside the page, of the same case.
type Tabs interface {
	// Tab returns a window that the page has opened and that was kept. Its Close
	// closes the window alone.
	Tab(ctx context.Context, id string, o PageOptions) (Page, error)

	// OpenTab opens a blank one.
	OpenTab(ctx context.Context, o PageOptions) (p Page, id string, err error)
}

// Drags takes part in the drag and drop of HTML, which the browser would
// otherwise leave to the window system.
type Drags interface {
	// CatchDrags makes the browser tell what is dragged, or stops doing so.
	CatchDrags(ctx context.Context, on bool) error

	// Dragged waits until the page has begun a drag. Without one it waits until
	// ctx ends.
	Dragged(ctx context.Context) error

	// DragOver moves what is dragged over points, and Drop lets it go.
	DragOver(ctx context.Context, points ...Point) error
	Drop(ctx context.Context, at Point) error
}

// Point is a place in the viewport, in CSS pixels.
type Point struct{ X, Y float64 }
