package agent

// Clock is a function of JavaScript that gives the scripts of a page another
// time. It runs among them, in each document before any of them.
func Clock() string {
	source, err := files.ReadFile("clock.js")
	if err != nil {
		panic(err) // the file is compiled in
	}
	return string(source)
}
