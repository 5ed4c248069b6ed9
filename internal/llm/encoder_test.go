package llm_test

import (
	"testing"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

// TestSimilarByARealModel asks for a text and then for another one, with vectors of
// a real model. Texts that it takes for alike and that say something else never get
// each other's answer, however low the bar is.
func TestSimilarByARealModel(t *testing.T) {
	t.Parallel()
	vector := llmtest.Encoder(t)
	for _, tt := range []struct {
		name, one, other string
		bar              float64 // least similarity that is asked for
		hit              bool
	}{
		{"a word of filler", "A visitor can put tea into the cart and pay for it", "A visitor can put the tea into the cart and pay for it", llm.DefaultSimilarity, true},
		{"a mark at the end", "Visitors write reviews of teas that they have bought", "Visitors write reviews of teas that they have bought.", llm.DefaultSimilarity, true},
		{"other words", "A visitor can put tea into the cart", "Visitors are able to add tea to their basket", 0.7, true},
		{"other words, at the bar that is set", "A visitor can put tea into the cart", "Visitors are able to add tea to their basket", llm.DefaultSimilarity, false},
		{"another number", "3 of 100 failed", "97 of 100 failed", 0.8, false},
		{"a negation", "A visitor can log in", "A visitor cannot log in", 0.8, false},
		{"a short negation", "The cart is emptied after the payment", "The cart isn't emptied after the payment", 0.8, false},
		{"another order of events", "The mail is sent before the payment", "The mail is sent after the payment", 0.8, false},
		{"another bound", "An order has at least three lines", "An order has at most three lines", 0.8, false},
		{"another name in quotes", "The button \"Pay\" is shown", "The button \"Buy\" is shown", 0.7, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			alike := llm.Cosine(vector(tt.one), vector(tt.other))
			if (alike >= tt.bar) != tt.hit && tt.bar == llm.DefaultSimilarity {
				t.Fatalf("the model finds them %.3f alike", alike)
			}
			if alike < tt.bar && tt.bar != llm.DefaultSimilarity {
				t.Fatalf("the model finds them %.3f alike, so nothing is shown at %.2f", alike, tt.bar)
			}
			s := llmtest.New(t)
			s.Vector = vector
			c := llmtest.Client(t, func(o *llm.Options) {
				o.Store, o.Similar = llm.NewMemoryStore(nil), tt.bar
			}, s)
			var out *llm.Response
			for _, text := range []string{tt.one, tt.other} {
				r := ask("Propose cases for: " + text)
				r.Similar = text
				var err error
				if out, err = c.Generate(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if out.FromCache != tt.hit {
				t.Errorf("%.3f alike, from the cache: %t", alike, out.FromCache)
			}
		})
	}
}
