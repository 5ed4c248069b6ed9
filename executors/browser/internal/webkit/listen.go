package webkit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// inspectorOf finds the address at which the browser of a driver listens for it:
// the driver hands it over in the browser's environment.
func inspectorOf(driver int) (netip.AddrPort, error) {
	pid := strconv.Itoa(driver)
	children, err := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("looking for the browser: %w", err)
	}
	for child := range strings.FieldsSeq(string(children)) {
		environment, err := os.ReadFile("/proc/" + child + "/environ")
		if err != nil {
			continue // it has ended
		}
		for entry := range strings.SplitSeq(string(environment), "\x00") {
			if address, ok := strings.CutPrefix(entry, "WEBKIT_INSPECTOR_SERVER="); ok {
				return netip.ParseAddrPort(address)
			}
		}
	}
	return netip.AddrPort{}, errors.New("the browser does not say where its inspector listens")
}

// attach connects to the inspector of the session's browser.
func (b *Browser) attach(ctx context.Context, s *session) (net.Conn, error) {
	address, err := inspectorOf(s.PID())
	if err != nil {
		return nil, err
	}
	if b.deny != nil {
		b.deny(address)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address.String())
	if err != nil {
		return nil, fmt.Errorf("connecting to the browser's inspector: %w", err)
	}
	return conn, nil
}
