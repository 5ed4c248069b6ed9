package e2e

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/cli/client"
)

// The npm client graphql-ws, a reader of server-sent events and our own client
// follow a run while the one server that they know is killed, told to end, and
// killed again.
func TestFaultServerRestarts(t *testing.T) {
	t.Parallel()
	f, app := openFleet(t, chaos{apis: 1, workers: 1, within: 2 * time.Minute}), openDoors(t)
	server := f.apis[0]
	address := f.addresses()[0]
	ours, err := client.New(address, f.token)
	if err != nil {
		t.Fatal(err)
	}
	const cases = 80
	id := startRun(t, ours, plan(app.URL, "/door", "parallel: 4", cases))
	stock := followStock(t, address, f.token, id)
	ctx, cancel := context.WithTimeout(t.Context(), f.within)
	defer cancel()
	v := &viewers{t: t, fleet: f, address: address}
	v.start(ctx, "client", id, v.byClient)
	v.start(ctx, "stream", id, v.byStream)
	v.start(ctx, "socket", id, v.bySocket)
	for i, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
		app.open("/door", 20)
		stock.process.awaitMatch(t, fmt.Sprintf(`(?m)^(%d)$`, 40*(i+1)))
		if !server.strike(signal, 200*time.Millisecond) {
			t.Fatal("there is no server to end")
		}
		server.awaitReady(t)
	}
	app.open("/door", all)
	views := v.wait()
	last := int(views[0].seen)
	assertNumbers(t, stock.finish(t), last)
	for _, w := range views {
		if w.wrong != nil || !w.ended || int(w.seen) != last {
			t.Errorf("the %s saw %d of %d events and the end: %v (%v)", w.how, w.seen, last, w.ended, w.wrong)
		}
		if w.how != "client" && w.connects < 3 {
			t.Errorf("the %s connected %d times while the server was ended three times", w.how, w.connects)
		}
	}
	f.stop(t)
}
