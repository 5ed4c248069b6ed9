package shop

import (
	"encoding/json"
	"fmt"
)

const currency = "EUR"

// money is an amount in cents. It is shown, and written to JSON, as a decimal
// text such as "42.00", because binary fractions cannot hold cents.
type money int64

func (m money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// MarshalJSON implements json.Marshaler.
func (m money) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// share returns that many percent of the amount, rounded half up.
func (m money) share(percent money) money { return (m*percent + 50) / 100 }
