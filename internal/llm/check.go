package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/semantest/semantest/internal/excerpt"
)

// Finding is what came of looking at one ability of an endpoint.
type Finding struct {
	Name   string        `json:"name"`
	State  State         `json:"state"`
	Detail string        `json:"detail"`
	Took   time.Duration `json:"-"`
}

// State of an ability.
type State string

// The states.
const (
	Yes       State = "yes"
	No        State = "no"
	NotLooked State = "not looked at" // for want of another ability, or of a setting
)

// Ability is what an endpoint and its model can do.
type Ability struct {
	Provider string    `json:"provider"`
	BaseURL  string    `json:"baseUrl"`
	Model    string    `json:"model"`
	Usable   bool      `json:"usable"` // it answers, and gives JSON by one rung at least
	Rung     Rung      `json:"rung,omitempty"`
	Findings []Finding `json:"findings"`
}

// Check finds out what each provider can do, with about ten short requests. It
// asks neither cache nor budget.
func (c *Client) Check(ctx context.Context) []Ability {
	var out []Ability
	if c == nil {
		return nil
	}
	for _, p := range c.providers {
		k := &checking{p: p, out: Ability{Provider: p.Name, BaseURL: p.BaseURL, Model: p.Model},
			c: &Client{providers: []*provider{p}, http: c.http, budget: unlimited{}, prices: c.prices, dialects: newDialects(), observe: func(Generation) {}, backoff: c.backoff}}
		k.run(ctx)
		out = append(out, k.out)
	}
	return out
}

type checking struct {
	p   *provider
	c   *Client
	out Ability
}

func (k *checking) run(ctx context.Context) {
	k.models(ctx)
	if k.p.Model != "" {
		k.answers(ctx)
	}
	k.embeddings(ctx)
}

func (k *checking) add(name string, began time.Time, err error, format string, args ...any) bool {
	f := Finding{Name: name, State: Yes, Detail: fmt.Sprintf(format, args...), Took: time.Since(began)}
	if err != nil {
		f.State, f.Detail = No, sentence(err)
	}
	k.out.Findings = append(k.out.Findings, f)
	return err == nil
}

func (k *checking) skip(why string, names ...string) {
	for _, name := range names {
		k.out.Findings = append(k.out.Findings, Finding{Name: name, State: NotLooked, Detail: why})
	}
}

// models looks whether the endpoint lists its models, which not all do.
func (k *checking) models(ctx context.Context) {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	call := &call{}
	list, err := k.p.api.ListModels(call.in(limited))
	if err != nil || len(list.Models) == 0 {
		f := k.p.judge(limited, call, err)
		k.add("list of models", began, f.err, "")
		return
	}
	var names []string
	for _, m := range list.Models {
		names = append(names, m.ID)
	}
	if k.p.Model != "" && !slices.Contains(names, k.p.Model) {
		k.add("list of models", began, fmt.Errorf("%s is not among the %d listed, such as %s", k.p.Model, len(names), excerpt.Of(strings.Join(names[:min(5, len(names))], ", "), 200)), "")
		return
	}
	k.add("list of models", began, nil, "%d models", len(names))
}

func (k *checking) ask(text string) Request {
	return Request{Purpose: "check", MaxTokens: 512, Timeout: 30 * time.Second, Messages: []Message{{Text: text}}}
}

var probe = MustSchema("probe", `{"type":"object","additionalProperties":false,"required":["colour","number"],
	"properties":{"colour":{"type":"string","enum":["red","green"]},"number":{"type":"integer","minimum":7,"maximum":7}}}`)

func (k *checking) answers(ctx context.Context) {
	began := time.Now()
	out, err := k.c.Generate(ctx, k.ask("Answer with the one word: ready"))
	if !k.add("answer", began, err, "in %d ms", time.Since(began).Milliseconds()) {
		k.skip("it gives no answer", "json", "streaming", "vision", "usage", "price")
		return
	}
	k.ladder(ctx)
	k.out.Usable = k.out.Rung != ""
	k.streaming(ctx)
	k.vision(ctx)
	if out.Usage.Estimated {
		k.add("usage", began, errors.New("it does not say how many tokens it used; they are estimated by the length of the texts"), "")
	} else {
		k.add("usage", began, nil, "%d tokens in, %d out", out.Usage.Input, out.Usage.Output)
	}
	if price, asOf, ok := k.c.prices.of(k.p.Model); ok {
		k.add("price", began, nil, "$%g in, $%g out for a million tokens, of %s", price.Input, price.Output, asOf)
	} else {
		k.add("price", began, errors.New("not known, so its cost is not either; give it in a file of prices (--llm-prices)"), "")
	}
}

// ladder looks at each rung by itself.
func (k *checking) ladder(ctx context.Context) {
	for _, rung := range Rungs() {
		began := time.Now()
		r := k.ask("Give the colour red and the number 7.")
		r.Schema = probe
		err := k.rung(ctx, &r, rung)
		if k.add("json: "+string(rung), began, err, "keeps to the schema") && k.out.Rung == "" {
			k.out.Rung = rung
		}
	}
}

// rung asks by one rung, going down none; members that the endpoint does not take
// are left out.
func (k *checking) rung(ctx context.Context, r *Request, rung Rung) error {
	g, err := k.c.begin(r, nil)
	if err != nil {
		return err
	}
	d := newDialect(k.p.Model)
	d.rung = rung
	for {
		_, f := g.once(ctx, k.p, d, nil)
		if f == nil {
			return nil
		}
		next, ok := d.after(f.text, r, false)
		if !f.form || !ok || next.rung != rung {
			return f.err
		}
		d = next
	}
}

func (k *checking) streaming(ctx context.Context) {
	began, pieces := time.Now(), 0
	var first time.Duration
	_, err := k.c.Stream(ctx, k.ask("Count from one to five, in words."), func(string) error {
		if pieces == 0 {
			first = time.Since(began)
		}
		pieces++
		return nil
	})
	k.add("streaming", began, err, "%d pieces, the first after %d ms", pieces, first.Milliseconds())
}

var colours = MustSchema("colours", `{"type":"object","additionalProperties":false,"required":["colour"],
	"properties":{"colour":{"type":"string","enum":["red","green","blue","yellow","black"]}}}`)

// vision shows a picture of one colour.
func (k *checking) vision(ctx context.Context) {
	if k.out.Rung == "" {
		k.skip("it gives no JSON", "vision")
		return
	}
	began := time.Now()
	r := k.ask("Which colour has this picture?")
	r.Schema, r.Messages[0].Images = colours, []Image{{MediaType: "image/png", Data: picture(color.RGBA{R: 255, A: 255})}}
	out, err := k.c.Generate(ctx, r)
	var seen struct{ Colour string }
	if err == nil {
		err = json.Unmarshal(out.JSON, &seen)
	}
	if err == nil && seen.Colour != "red" {
		err = fmt.Errorf("it takes a picture of red for %s, so it does not see", seen.Colour)
	}
	k.add("vision", began, err, "it sees a picture")
}

func picture(c color.Color) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		img.Set(i%64, i/64, c)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

func (k *checking) embeddings(ctx context.Context) {
	if k.p.EmbeddingModel == "" {
		k.skip("no model for vectors is named (--llm-embedding-model)", "embeddings")
		return
	}
	began := time.Now()
	out, err := k.c.Embed(ctx, EmbedRequest{Purpose: "check", Texts: []string{"a person can log in", "a person cannot log in"}})
	if err != nil {
		k.add("embeddings", began, err, "")
		return
	}
	k.add("embeddings", began, nil, "%s, %d dimensions", out.Model, len(out.Vectors[0]))
}
