package cdp

import (
	"os/exec"

	"github.com/semantest/semantest/executors/browser/internal/driver"
	"github.com/semantest/semantest/internal/apperr"
)

// Kin is a browser that is built on Chromium and goes by a name of its own.
type Kin struct {
	Engine
	Word     string   // the plan's
	Programs []string // tried in this order
	Install  string   // how people get it
}

var _ driver.Engine = Kin{}

// Chrome and Edge speak the protocol as Chromium does.
var (
	Chrome = Kin{Word: "chrome", Programs: []string{"google-chrome", "google-chrome-stable", "chrome"},
		Install: "install it from https://www.google.com/chrome"}
	Edge = Kin{Word: "edge", Programs: []string{"microsoft-edge", "microsoft-edge-stable"},
		Install: "install it from https://www.microsoft.com/edge"}
)

// Name implements driver.Engine.
func (k Kin) Name() string { return k.Word }

// Find implements driver.Engine. Only Chromium's path can be given.
func (k Kin) Find(string) (string, error) {
	for _, name := range k.Programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", apperr.New(apperr.Unavailable, "%s is not installed here: %s", k.Word, k.Install)
}
