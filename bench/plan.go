//go:build linux

package main

import (
	"fmt"
	"strings"
)

// onePlan is the smallest useful plan: one case of one exchange with one check.
const onePlan = `version: "1"
name: One case
env: {BASE_URL: "http://127.0.0.1:9"}
cases:
  - id: one
    kind: api
    steps:
      - http: {url: /orders/42}
        check: [{status: 200}]
`

// manyPlan expands to outer × inner cases of one exchange with one check.
func manyPlan(outer, inner, parallel int) string {
	return fmt.Sprintf(`version: "1"
name: Many cases
env: {BASE_URL: "http://127.0.0.1:9"}
use: {parallel: %d}
cases:
  - id: many
    kind: api
    matrix: {outer: [%s], inner: [%s]}
    steps:
      - http: {url: "/orders/${{ outer }}/${{ inner }}"}
        check: [{status: 200}]
`, parallel, names("o", outer), names("i", inner))
}

func names(prefix string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return strings.Join(list, ", ")
}
