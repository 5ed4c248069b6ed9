// Command semantest runs acceptance tests of web applications, APIs and AI
// features.
package main

import (
	"os"

	"github.com/semantest/semantest/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.System()))
}
