package embedded

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Running returns the address of a database of the server that another process
// runs on a data folder, and whether there is one. Only the server's own account
// and root can use it.
func Running(dataDir, database string) (address string, ok bool) {
	path, err := filepath.Abs(dataDir)
	if err != nil {
		return "", false
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", false
	}
	f := &folder{path: path}
	if !servesFolder(f.postmasterPID(), f.cluster()) {
		return "", false
	}
	content, err := os.ReadFile(filepath.Join(f.cluster(), "postmaster.pid"))
	if err != nil {
		return "", false
	}
	// Process, folder, start time, port, folder of the socket, address, ...
	lines := strings.Split(string(content), "\n")
	if len(lines) < 5 || lines[4] == "" {
		return "", false // it is still coming up
	}
	u := url.URL{
		Scheme: "postgres", User: url.User(Superuser), Path: "/" + database,
		RawQuery: url.Values{"host": {lines[4]}, "port": {lines[3]}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String(), true
}
