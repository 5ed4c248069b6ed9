package chromium

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// BypassNothing lets a proxy have all requests, also those to loopback and
// link-local addresses, which the browser would send round it.
const BypassNothing = "<-loopback>"

// scriptMemory is how much a page's scripts may hold, in bytes. A browser gives them
// up to four times as much, and several pages are open.
const scriptMemory = 1 << 30

// flags returns the command line without the program's name. Where there is a
// proxy, nothing is reached by another way, not even a name server.
func flags(o Options, profile string, sandbox bool) []string {
	path, proxy := o.Path, o.Proxy
	out := []string{
		"--remote-debugging-pipe",
		"--user-data-dir=" + profile,

		// Nothing but the target is to be talked to.
		"--no-first-run",
		"--no-default-browser-check",
		"--no-pings",
		"--no-service-autorun",
		"--disable-background-networking",
		"--disable-breakpad",
		"--disable-client-side-phishing-detection",
		"--disable-component-update",
		"--disable-component-extensions-with-background-pages",
		"--disable-default-apps",
		"--disable-domain-reliability",
		"--disable-extensions",
		"--disable-field-trial-config",
		"--disable-quic",
		"--disable-search-engine-choice-screen",
		"--dns-prefetch-disable",
		"--disable-sync",
		"--metrics-recording-only",
		"--disable-features=" + strings.Join([]string{
			"AutofillServerCommunication", "CertificateTransparencyComponentUpdater", "DialMediaRouteProvider",
			"InterestFeedContentSuggestions", "MediaRouter", "OptimizationHints", "Translate",
			// A frame of its own for each document costs an eighth of a case's CPU
			// time, and no page can tell; a spare process for each case is one that
			// nobody needs.
			"RenderDocument", "SpareRendererForSitePerProcess",
			// What a page shows is its own from the start, and not the page before.
			"PaintHolding",
		}, ","),
		// The network's process has no sandbox on Linux, so one less loses nothing.
		"--enable-features=NetworkServiceInProcess2",
		// WebRTC goes round a proxy otherwise; each flavour of the browser
		// knows one of the two.
		"--webrtc-ip-handling-policy=disable_non_proxied_udp",
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp",

		// Many pages work at once and none of them is in front.
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
		"--disable-hang-monitor",
		"--disable-prompt-on-repost",

		// A page whose scripts eat memory is ended before the machine has none.
		"--js-flags=--max-old-space-size=" + strconv.Itoa(scriptMemory>>20),

		// The same picture everywhere, and no questions asked.
		"--enable-automation",
		"--force-color-profile=srgb",
		"--password-store=basic",
		"--use-mock-keychain",
		"--noerrdialogs",
	}
	switch {
	case o.Windows:
		out = append(out, "--no-startup-window", "--window-size="+windowSize)
	case !strings.Contains(path, "headless"):
		out = append(out, "--headless=new")
		fallthrough
	default:
		out = append(out, "--hide-scrollbars", "--mute-audio")
	}
	if o.Port > 0 {
		out = append(out, "--remote-debugging-port="+strconv.Itoa(o.Port), "--remote-debugging-address=127.0.0.1")
	}
	if o.IsolateSites {
		out = append(out, "--site-per-process")
	}
	if !sandbox {
		out = append(out, "--no-sandbox")
	}
	if proxy != "" {
		out = append(out, "--proxy-server="+proxy, "--proxy-bypass-list="+BypassNothing,
			"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
	}
	if sharedMemoryIsSmall() {
		out = append(out, "--disable-dev-shm-usage")
	}
	if o.Windows {
		return out
	}
	return append(out, "about:blank")
}

// windowSize leaves room for a page of 1280x720 below the browser's own bars.
const windowSize = "1296,860"

// screen is what a browser with windows needs to find the screen.
func screen(o Options) []string {
	if !o.Windows {
		return nil
	}
	var env []string
	for _, name := range []string{"DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// sharedMemoryIsSmall reports whether /dev/shm is too small to draw in, as it
// is in containers by default (64 MB).
func sharedMemoryIsSmall() bool {
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err != nil {
		return true
	}
	return uint64(st.Bsize)*st.Blocks < 512<<20 //nolint:gosec // a size of blocks is positive
}
