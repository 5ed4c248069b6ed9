//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// generator is a program that puts load on an address.
type generator struct {
	name string
	args func(url string, users int, lasting time.Duration, out string) []string
	env  []string
	// requests reads how many there were from what it printed, or from the file.
	requests func(printed, out string) (int64, error)
}

func (g *generators) build(ctx context.Context, name, module string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Minute, errors.New("not built within 10 min"))
	defer cancel()
	program := filepath.Join(g.b.folder, name)
	build := exec.CommandContext(ctx, "go", "build", "-o", program, module) //nolint:gosec // the peers that are listed above
	build.Dir = "bench/loadpeers"
	build.Env = append(os.Environ(), "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, firstOf(string(text)))
	}
	return program, nil
}

func number(pattern string) func(printed, out string) (int64, error) {
	re := regexp.MustCompile(pattern)
	return func(printed, _ string) (int64, error) {
		m := re.FindStringSubmatch(printed)
		if m == nil {
			return 0, fmt.Errorf("no number of requests in %.300q", printed)
		}
		return strconv.ParseInt(m[1], 10, 64)
	}
}

func ownGenerator(self string) generator {
	return generator{
		name: "Semantest",
		args: func(url string, users int, lasting time.Duration, _ string) []string {
			task, err := json.Marshal(loadTask{URL: url, Users: users, Lasting: lasting})
			if err != nil {
				panic(err) // three plain fields
			}
			return []string{self, asLoad, string(task)}
		},
		requests: func(printed, _ string) (int64, error) {
			var told loadTold
			if err := json.Unmarshal([]byte(printed), &told); err != nil {
				return 0, fmt.Errorf("read what was measured: %w", err)
			}
			if told.Failed > 0 {
				return 0, fmt.Errorf("%d requests failed", told.Failed)
			}
			return told.Requests, nil
		},
	}
}

func wrk(program string) generator {
	return generator{
		name: "wrk",
		args: func(url string, users int, lasting time.Duration, _ string) []string {
			return []string{program, "-t1", "-c" + strconv.Itoa(users), "-d" + seconds(lasting), url}
		},
		requests: number(`(\d+) requests in`),
	}
}

func hey(program string) generator {
	return generator{
		name: "hey",
		args: func(url string, users int, lasting time.Duration, _ string) []string {
			return []string{program, "-z", seconds(lasting), "-c", strconv.Itoa(users), url}
		},
		requests: number(`\[200\]\s+(\d+) responses`),
	}
}

func vegeta(program string) generator {
	return generator{
		name: "vegeta",
		args: func(url string, users int, lasting time.Duration, out string) []string {
			n, targets := strconv.Itoa(users), out+".targets"
			if err := os.WriteFile(targets, []byte("GET "+url+"\n"), 0o600); err != nil {
				targets = os.DevNull // of which vegeta says that there is nothing in it
			}
			return []string{program, "attack", "-rate=0", "-workers=" + n, "-max-workers=" + n, "-connections=" + n,
				"-duration=" + seconds(lasting), "-targets=" + targets, "-output=" + out}
		},
		requests: func(_, out string) (int64, error) {
			text, err := exec.Command(program, "report", "-type=json", out).Output() //nolint:noctx,gosec // a file of ours, in no time
			if err != nil {
				return 0, fmt.Errorf("read what vegeta measured: %w", err)
			}
			var told struct{ Requests int64 }
			err = json.Unmarshal(text, &told)
			return told.Requests, err
		},
	}
}

func (g *generators) k6(program string) generator {
	script := filepath.Join(g.b.folder, "load.js")
	return generator{
		name: "k6", env: []string{"K6_NO_USAGE_REPORT=true"},
		args: func(url string, users int, lasting time.Duration, out string) []string {
			text := fmt.Sprintf("import http from 'k6/http';\nimport {check} from 'k6';\nexport default () => "+
				"{ check(http.get(%q), {ok: (r) => r.status === 200}); };\n", url)
			if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
				g.b.say("load: the script of k6: %v", err) // k6 says that there is none
			}
			return []string{program, "run", "--quiet", "--vus", strconv.Itoa(users), "--duration", seconds(lasting), "--summary-export", out, script}
		},
		requests: func(_, out string) (int64, error) {
			text, err := os.ReadFile(out)
			if err != nil {
				return 0, fmt.Errorf("read what k6 measured: %w", err)
			}
			var told struct {
				Metrics map[string]struct{ Count float64 }
			}
			err = json.Unmarshal(text, &told)
			return int64(told.Metrics["http_reqs"].Count), err
		},
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }
