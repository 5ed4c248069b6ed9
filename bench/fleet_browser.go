//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// shopPlan buys something from the sample shop: four pages, eleven steps.
const shopPlan = `version: "1"
name: Buy
env: {BASE_URL: "http://127.0.0.1:9"}
use: {parallel: 4}
cases:
  - id: buy
    kind: browser
    matrix: {nth: [%s]}
    steps:
      - goto: /
      - expect: {title: {contains: Driftwood}}
      - click: {role: link, name: "Earl Grey, loose leaf"}
      - expect: {visible: {role: heading, name: "Earl Grey, loose leaf"}}
      - fill: {label: Quantity, value: "2"}
      - click: {role: button, name: Add to cart}
      - expect: {text: {css: "#cart-count"}, equals: "2"}
      - click: {role: link, name: Cart}
      - expect: {text: {css: "#total"}, equals: "24.80"}
      - screenshot: cart
      - click: {role: link, name: Go to checkout}
`

// reportBrowser measures what a browser case costs the worker and its browser.
func (f *fleet) reportBrowser(ctx context.Context, s *section) (err error) {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	shop, err := start(f.b.folder, nil, f.b.program, "shop", "--listen", address)
	if err != nil {
		return err
	}
	defer together(&err, shop.stop)
	folder, err := f.b.newFolder("browser")
	if err != nil {
		return err
	}
	const slots = 4
	server, err := f.b.serve(ctx, folder, append(f.flags(1), "--kinds", "browser", "--browser-slots", strconv.Itoa(slots))...)
	if err != nil {
		return err
	}
	defer together(&err, server.stop)
	cases := 40
	if f.b.Quick {
		cases = 12
	}
	buy := func(n int) (string, error) {
		return server.client.StartRun(ctx, client.Start{Source: fmt.Sprintf(shopPlan, names("n", n)), Variables: map[string]string{"BASE_URL": "http://" + address}})
	}
	first, err := buy(slots) // the browser starts
	if err == nil {
		err = server.awaitPassed(ctx, first)
	}
	if err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	before, err := family(server.pid)
	if err != nil {
		return err
	}
	id, err := buy(cases)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.awaitPassed(ctx, id) }()
	most, err := watchMemory(server.pid, ended)
	if err != nil {
		return err
	}
	after, err := family(server.pid)
	if err != nil {
		return err
	}
	var ms float64
	if err := f.db.QueryRowContext(ctx, `
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at) * 1000)
FROM attempts WHERE run_id = $1`, id).Scan(&ms); err != nil {
		return fmt.Errorf("read how long cases took: %w", err)
	}
	s.tables = append(s.tables, table{
		title:  fmt.Sprintf("%d browser cases of eleven steps on four pages of the sample shop, %d at once; the worker with its browser:", cases, slots),
		header: []string{"CPU a case", "median duration", "most memory (PSS)", "of that for each slot"},
		rows: [][]string{{
			show((after.cpu - before.cpu) / time.Duration(cases)), show(time.Duration(ms * 1e6)),
			megabytes(most.memory), megabytes(most.memory / slots),
		}},
	})
	return nil
}

func watchMemory(pid int, ended <-chan error) (most relatives, err error) {
	for {
		now, err := family(pid)
		if err != nil {
			return most, err
		}
		if now.memory > most.memory {
			most = now
		}
		select {
		case err := <-ended:
			return most, err
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// relatives are a process and all that it has started.
type relatives struct {
	cpu    time.Duration // with those that have ended
	memory int64         // bytes, what is shared divided among those who share it
}

func family(pid int) (r relatives, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return r, fmt.Errorf("list the processes: %w", err)
	}
	children := map[int][]int{}
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			if fields, err := statOf(id); err == nil { // or it has just ended
				parent, _ := strconv.Atoi(fields[1])
				children[parent] = append(children[parent], id)
			}
		}
	}
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		fields, err := statOf(queue[0])
		if err != nil && queue[0] != pid {
			continue // it has just ended
		}
		if err != nil {
			return r, err
		}
		d, err := ticks(fields[11], fields[12], fields[13], fields[14])
		if err != nil {
			return r, err
		}
		r.cpu, r.memory = r.cpu+d, r.memory+proportional(queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return r, nil
}

// proportional returns the PSS of a process, and 0 of one that has ended.
func proportional(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
