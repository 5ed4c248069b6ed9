package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/semantest/semantest/internal/app"
	"github.com/semantest/semantest/internal/config"
)

type browsersCmd struct {
	Browser string `name:"browser" env:"SEMANTEST_BROWSER" placeholder:"PATH" help:"Chromium program."`
	Firefox string `name:"firefox" env:"SEMANTEST_FIREFOX" placeholder:"PATH" help:"Firefox program."`
	WebKit  string `name:"webkit" env:"SEMANTEST_WEBKIT" placeholder:"PATH" help:"WebKitWebDriver program."`
}

func (c *browsersCmd) Run(sys Sys) error {
	all := app.Browsers(config.Server{Browser: c.Browser, Firefox: c.Firefox, WebKit: c.WebKit})
	w := tabwriter.NewWriter(sys.Stdout, 0, 0, 2, ' ', 0)
	for _, b := range all {
		where := b.Path
		if where == "" {
			where = b.Missing
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\n", b.Name, where)
	}
	_, _ = fmt.Fprint(w, "\ncan")
	for _, b := range all {
		_, _ = fmt.Fprintf(w, "\t%s", b.Name)
	}
	_, _ = fmt.Fprintln(w)
	for _, capability := range app.BrowserCapabilities() {
		_, _ = fmt.Fprint(w, capability)
		for _, b := range all {
			_, _ = fmt.Fprintf(w, "\t%s", map[bool]string{true: "yes", false: "-"}[b.Can(capability)])
		}
		_, _ = fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(b app.Browser) bool { return b.Path != "" }) {
		return exit(ExitErrored, nil)
	}
	return nil
}
