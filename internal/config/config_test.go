package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

func TestSlots(t *testing.T) {
	t.Parallel()
	cores := runtime.NumCPU()
	for _, tt := range []struct {
		name string
		in   config.Server
		want map[spec.Kind]int
	}{
		{"by default by the cores", config.Server{}, map[spec.Kind]int{spec.KindBrowser: 2 * cores, spec.KindAPI: 16 * cores, spec.KindLoad: 1, spec.KindContract: 2 * cores, spec.KindLLM: 4 * cores}},
		{"chosen", config.Server{BrowserSlots: 3, APISlots: 7, LoadSlots: 2, ContractSlots: 4, LLMSlots: 5}, map[spec.Kind]int{spec.KindBrowser: 3, spec.KindAPI: 7, spec.KindLoad: 2, spec.KindContract: 4, spec.KindLLM: 5}},
		{"one kind", config.Server{APISlots: 7, Kinds: []string{"api"}}, map[spec.Kind]int{spec.KindAPI: 7}},
		{"one kind by default", config.Server{APISlots: 7, Kinds: []string{"browser"}}, map[spec.Kind]int{spec.KindBrowser: 2 * cores}},
		{"both by name", config.Server{BrowserSlots: 1, APISlots: 1, Kinds: []string{"browser", "api"}}, map[spec.Kind]int{spec.KindBrowser: 1, spec.KindAPI: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.in.Slots()); diff != "" {
				t.Errorf("slots (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryKindHasSlots fails when a kind is added to the plan language only.
func TestEveryKindHasSlots(t *testing.T) {
	t.Parallel()
	slots := config.Server{}.Slots()
	for _, k := range spec.Kinds() {
		if slots[k] < 1 {
			t.Errorf("no slot for cases of kind %s", k)
		}
	}
}

func TestEgressMode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		configured string
		fallback   egress.Mode
		want       egress.Mode
	}{
		{"", egress.Public, egress.Public},
		{"", egress.Dev, egress.Dev},
		{"public", egress.Dev, egress.Public},
		{"dev", egress.Public, egress.Dev},
	} {
		if got := (config.Server{Egress: tt.configured}).EgressMode(tt.fallback); got != tt.want {
			t.Errorf("EgressMode of %q with fallback %s = %s, want %s", tt.configured, tt.fallback, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		in    config.Server
		field string // empty when it is good
	}{
		{"nothing configured", config.Server{}, ""},
		{"everything", config.Server{Kinds: []string{"api", "browser"}, Egress: "dev", BrowserSlots: 1, APISlots: 1, DrainTimeout: time.Second}, ""},
		{"no such kind", config.Server{Kinds: []string{"api", "browsr"}}, "kinds"},
		{"an empty kind", config.Server{Kinds: []string{""}}, "kinds"},
		{"no such mode", config.Server{Egress: "open"}, "egress"},
		{"negative browser slots", config.Server{BrowserSlots: -1}, "browserSlots"},
		{"negative API slots", config.Server{APISlots: -1}, "apiSlots"},
		{"negative breaker failures", config.Server{BreakerFailures: -1}, "breakerFailures"},
		{"a River UI without a host", config.Server{RiverUIURL: "queues"}, "riverUiUrl"},
		{"a River UI of another scheme", config.Server{RiverUIURL: "javascript:alert(1)"}, "riverUiUrl"},
		{"a River UI with a password", config.Server{RiverUIURL: "https://a:b@queues.example"}, "riverUiUrl"},
		{"negative breaker time", config.Server{BreakerOpen: -1}, "breakerOpen"},
		{"negative drain", config.Server{DrainTimeout: -time.Second}, "drainTimeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.in.Validate()
			if tt.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if e, ok := errors.AsType[*apperr.Error](err); !ok || e.Code != apperr.InvalidInput || e.Field != tt.field {
				t.Errorf("Validate = %v, want INVALID_INPUT about %s", err, tt.field)
			}
		})
	}
}

// TestFolder sets the environment, so it does not run in parallel.
func TestFolder(t *testing.T) {
	if got := (config.Server{DataDir: "there"}).Folder(); got != "there" {
		t.Errorf("the configured folder is %q", got)
	}
	xdg := t.TempDir()
	home := t.TempDir()
	t.Setenv("HOME", home)
	root := os.Geteuid() == 0
	for _, tt := range []struct{ xdg, want string }{
		{xdg, filepath.Join(xdg, "semantest")},
		{"", filepath.Join(home, ".local/share/semantest")},
		{"relative/ignored", filepath.Join(home, ".local/share/semantest")},
	} {
		t.Setenv("XDG_DATA_HOME", tt.xdg)
		if root {
			tt.want = "/var/lib/semantest"
		}
		if got := (config.Server{}).Folder(); got != tt.want {
			t.Errorf("with XDG_DATA_HOME=%q the folder is %q, want %q", tt.xdg, got, tt.want)
		}
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "")
	if got := config.DefaultDataDir(); !root && !strings.HasPrefix(got, os.TempDir()) {
		t.Errorf("without a home the folder is %q", got)
	}
}
