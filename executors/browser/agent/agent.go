// Package agent is the script that finds elements, waits until a person could
// use them, and guards what is done to them. It runs in every document of a page.
package agent

import (
	"embed"
	"strings"
	"sync"
)

//go:embed *.js
var files embed.FS

// Name is that of the isolated world in which the agent runs, and of the object
// by which it is called there.
const Name = "semantest"

// parts are the files of the script, which share one scope, in their order.
var parts = []string{"tree", "roles", "locate", "still", "act", "frames", "hands", "sense", "look", "layout", "audit", "offer"}

// Source is the script: an expression that makes the agent, once in a document.
var Source = sync.OnceValue(func() string {
	return "globalThis." + Name + " ??= " + Maker()
})

// Maker is an expression for a new agent, which the caller keeps where the page's
// scripts do not look for it.
var Maker = sync.OnceValue(func() string { return maker(parts) })

func maker(parts []string) string {
	var b strings.Builder
	b.WriteString("(() => {\n'use strict';\n")
	for _, name := range parts {
		part, err := files.ReadFile(name + ".js")
		if err != nil {
			panic(err) // the file is compiled in
		}
		b.Write(part)
	}
	b.WriteString("return api;\n})()")
	return b.String()
}
