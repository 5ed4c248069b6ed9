package llm

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Money is an amount in billionths of a US dollar.
type Money int64

// Dollars returns the amount in US dollars.
func (m Money) Dollars() float64 { return float64(m) / 1e9 }

// Dollar is one US dollar.
const Dollar Money = 1e9

// Cost is what a generation cost. What is not known is not 0: Known is false for
// a model that has no price.
type Cost struct {
	Amount Money
	Known  bool
	AsOf   string // of the price, a date
}

// Add returns the sum, which is known when both are.
func (c Cost) Add(d Cost) Cost {
	sum := Cost{Known: c.Known && d.Known, AsOf: max(c.AsOf, d.AsOf)}
	if sum.Known {
		sum.Amount = c.Amount + d.Amount
	}
	return sum
}

func (c Cost) String() string {
	if !c.Known {
		return "unknown"
	}
	return fmt.Sprintf("$%.6f", c.Amount.Dollars())
}

// Price is what a million tokens cost, in US dollars.
type Price struct {
	Input  float64  `yaml:"input"`
	Cached *float64 `yaml:"cached"` // of the input; as Input when absent
	Output float64  `yaml:"output"`
}

// Prices is a table of prices by model.
type Prices struct {
	asOf   map[string]string // date of the table that a model's price is from
	models map[string]Price
}

//go:embed prices.yaml
var builtInPrices []byte

const maxPrices = 1 << 20 // bytes of a file

// BuiltInPrices returns the table that comes with the program.
func BuiltInPrices() Prices {
	p, err := Prices{}.With(bytes.NewReader(builtInPrices))
	if err != nil {
		panic(err) // it is tested
	}
	return p
}

var date = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// With returns the table with what a file of prices says beside and instead.
func (p Prices) With(file io.Reader) (Prices, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxPrices+1))
	if err != nil {
		return p, fmt.Errorf("read the prices: %w", err)
	}
	if len(data) > maxPrices {
		return p, fmt.Errorf("a file of prices has at most %d bytes", maxPrices)
	}
	var table struct {
		AsOf   string           `yaml:"asOf"`
		Models map[string]Price `yaml:"models"`
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&table); err != nil && !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("understand the prices: %w", err)
	}
	if !date.MatchString(table.AsOf) {
		return p, errors.New(`a file of prices says of which date they are, as in asOf: "2026-01-31"`)
	}
	out := Prices{maps.Clone(p.asOf), maps.Clone(p.models)}
	if out.models == nil {
		out = Prices{map[string]string{}, map[string]Price{}}
	}
	for name, price := range table.Models {
		for _, n := range []*float64{&price.Input, &price.Output, price.Cached} {
			if n != nil && !(*n >= 0 && *n <= 1e6) {
				return p, fmt.Errorf("the price of %s is an amount of US dollars for a million tokens, not %v", name, *n)
			}
		}
		name = strings.ToLower(name)
		out.models[name], out.asOf[name] = price, table.AsOf
	}
	return out, nil
}

// dated is what providers append to a model's name for one version of it.
var dated = regexp.MustCompile(`-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$`)

// of finds a model's price, also under its name with a version or with the name
// of its maker before it.
func (p Prices) of(model string) (price Price, asOf string, ok bool) {
	name := strings.ToLower(model)
	names := []string{name, dated.ReplaceAllString(name, "")}
	if _, last, found := strings.Cut(name, "/"); found {
		names = append(names, last, dated.ReplaceAllString(last, ""))
	}
	for _, n := range names {
		if price, ok = p.models[n]; ok {
			return price, p.asOf[n], true
		}
	}
	return Price{}, "", false
}

// Cost is what tokens cost; a model that several names are known of goes by the first
// that has a price.
func (p Prices) Cost(u Usage, models ...string) Cost {
	for _, m := range models {
		if price, asOf, ok := p.of(m); ok {
			return Cost{Amount: price.of(u), Known: true, AsOf: asOf}
		}
	}
	return Cost{}
}

func (p Price) of(u Usage) Money {
	cached, rate := min(u.Cached, u.Input), p.Input
	if p.Cached != nil {
		rate = *p.Cached
	}
	// Dollars for a million tokens are thousandths of a billionth times a million
	// for one: 1,000 units of Money.
	return Money(math.Round(1000 * (p.Input*float64(u.Input-cached) + rate*float64(cached) + p.Output*float64(u.Output))))
}
