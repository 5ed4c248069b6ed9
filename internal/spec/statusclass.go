package spec

import (
	"strconv"
	"strings"
)

// StatusClass is a class of HTTP status codes, written 2xx. A Value of a
// status matcher may hold one beside plain codes.
type StatusClass int

// ParseStatusClass reads 1xx to 5xx.
func ParseStatusClass(text string) (StatusClass, bool) {
	if len(text) != 3 || text[0] < '1' || text[0] > '5' || !strings.EqualFold(text[1:], "xx") {
		return 0, false
	}
	return StatusClass(text[0] - '0'), true
}

// Contains reports whether a status code is of the class.
func (c StatusClass) Contains(code int) bool { return code/100 == int(c) }

// String returns the class as a plan writes it.
func (c StatusClass) String() string { return strconv.Itoa(int(c)) + "xx" }

// MarshalText implements encoding.TextMarshaler.
func (c StatusClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c StatusClass) holds(n number) bool {
	return n.whole && n.int >= 100 && n.int < 600 && c.Contains(int(n.int))
}
