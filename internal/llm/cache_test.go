package llm_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

func cached(store llm.Store) func(*llm.Options) {
	return func(o *llm.Options) { o.Store = store }
}

func redisStore(t *testing.T) (*llm.RedisStore, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return llm.NewRedisStore(client), server
}

func TestCache(t *testing.T) {
	t.Parallel()
	store, redis := redisStore(t)
	s := llmtest.New(t)
	c := llmtest.Client(t, cached(store), s)
	first, err := c.Generate(t.Context(), askJSON("Is it good?"))
	if err != nil || first.FromCache {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := llmtest.Client(t, cached(store), s).Generate(t.Context(), askJSON("Is it good?")) // another process
	if err != nil || !again.FromCache || string(again.JSON) != string(first.JSON) || again.Similarity != 1 || len(s.Asked()) != 1 {
		// The other client's provider has the same name and address.
		t.Fatalf("%+v, %v after %d calls", again, err, len(s.Asked()))
	}
	if again.Cost != (llm.Cost{Known: true}) || again.Usage != (llm.Usage{}) {
		t.Errorf("what comes from the cache costs %v", again.Cost)
	}
	for name, change := range map[string]func(*llm.Request){
		"the project": func(r *llm.Request) { r.Account.Project = "prj_2" },
		"the prompt":  func(r *llm.Request) { r.Prompt = "test@2" },
		"the text":    func(r *llm.Request) { r.Messages = []llm.Message{{Text: "Is it good??"}} },
		"the seed":    func(r *llm.Request) { seed := 1; r.Seed = &seed },
		"the image": func(r *llm.Request) {
			r.Messages = []llm.Message{{Text: "Is it good?", Images: []llm.Image{{MediaType: "image/png", Data: []byte("x")}}}}
		},
		"the schema": func(r *llm.Request) { r.Schema = nil },
		"the wish":   func(r *llm.Request) { r.Fresh = true },
		"the length": func(r *llm.Request) { r.MaxTokens = 100 },
	} {
		r := askJSON("Is it good?")
		change(&r)
		if out, err := c.Generate(t.Context(), r); err != nil || out.FromCache {
			t.Errorf("%s is another one, and the answer is the same: %v, %v", name, out, err)
		}
	}
	redis.FastForward(time.Hour + time.Second)
	if out, err := c.Generate(t.Context(), askJSON("Is it good?")); err != nil || out.FromCache {
		t.Errorf("it is known for longer than an hour: %v, %v", out, err)
	}
}

func TestWhatIsNotCached(t *testing.T) {
	t.Parallel()
	for _, how := range []llmtest.Behaviour{llmtest.Refusal, llmtest.Length, llmtest.ContentFilter, llmtest.Violation, llmtest.NoFinish, llmtest.Blank, llmtest.ErrorUnder200} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Always(how)
			c := llmtest.Client(t, cached(llm.NewMemoryStore(nil)), s)
			if _, err := c.Generate(t.Context(), askJSON("Is it good?")); err == nil {
				t.Fatal("it has an answer")
			}
			s.Always(llmtest.OK)
			if out, err := c.Generate(t.Context(), askJSON("Is it good?")); err != nil || out.FromCache {
				t.Errorf("%v, %v", out, err)
			}
		})
	}
}

// tampered gives what somebody else has written into the store.
type tampered struct{ value string }

func (s tampered) Get(context.Context, string) ([]byte, bool)       { return []byte(s.value), true }
func (tampered) Set(context.Context, string, []byte, time.Duration) {}

func TestStoreIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "{", "null", `{"text":"x"}`, `{"text":"x","json":{"verdict":"great","score":1}}`, `{"text":"x","json":{"verdict":"good","score":99}}`} {
		out, err := llmtest.Client(t, cached(tampered{value}), llmtest.New(t)).Generate(t.Context(), askJSON("Is it good?"))
		if err != nil || out.FromCache {
			t.Errorf("%s: %+v, %v", value, out, err)
		}
	}
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	store, server := redisStore(t)
	server.Close()
	c := llmtest.Client(t, cached(store), llmtest.New(t))
	for range 2 {
		if out, err := c.Generate(t.Context(), ask("Is it good?")); err != nil || out.FromCache {
			t.Errorf("%v, %v", out, err)
		}
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	base := `The order page shows 3 of 100 orders of "ACME" and a person can cancel order_id 7`
	for _, tt := range []struct {
		name, text string
		hit        bool
	}{
		{"the same in other words", `The orders page shows 3 of 100 orders of "ACME" and a person can cancel order_id 7`, true},
		{"another number", `The order page shows 97 of 100 orders of "ACME" and a person can cancel order_id 7`, false},
		{"numbers the other way round", `The order page shows 100 of 3 orders of "ACME" and a person can cancel order_id 7`, false},
		{"a negation", `The order page shows 3 of 100 orders of "ACME" and a person cannot cancel order_id 7`, false},
		{"a short negation", `The order page shows 3 of 100 orders of "ACME" and a person can't cancel order_id 7`, false},
		{"another quotation", `The order page shows 3 of 100 orders of "ACMA" and a person can cancel order_id 7`, false},
		{"another identifier", `The order page shows 3 of 100 orders of "ACME" and a person can cancel order_ie 7`, false},
		{"a number word", `The order page shows 3 of 100 orders of "ACME" and one person can cancel order_id 7`, false},
		{"something else", `Quizzes zip by with jazz 3 100 "ACME" order_id 7`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			c := llmtest.Client(t, cached(llm.NewMemoryStore(nil)), s)
			plan := func(text string) (*llm.Response, error) {
				r := ask("Propose cases for: " + text)
				r.Similar = text
				return c.Generate(t.Context(), r)
			}
			if _, err := plan(base); err != nil {
				t.Fatal(err)
			}
			out, err := plan(tt.text)
			if err != nil || out.FromCache != tt.hit {
				t.Errorf("%+v, %v, want a hit: %t", out, err, tt.hit)
			}
			if tt.hit && (out.Similarity < 0.95 || out.Similarity >= 1) {
				t.Errorf("similarity %v", out.Similarity)
			}
		})
	}
}

func TestSimilarNeedsTheRestToBeTheSame(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	c := llmtest.Client(t, cached(llm.NewMemoryStore(nil)), s)
	r := ask("Propose cases for: orders can be cancelled")
	r.Similar = "orders can be cancelled"
	if _, err := c.Generate(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Messages, r.Similar = []llm.Message{{Text: "Propose risks of: orders can be canceled"}}, "orders can be canceled"
	if out, err := c.Generate(t.Context(), r); err != nil || out.FromCache {
		t.Errorf("%+v, %v", out, err)
	}
	r.Messages[0].Text, r.Account.Project = "Propose cases for: orders can be canceled", "prj_2"
	if out, err := c.Generate(t.Context(), r); err != nil || out.FromCache {
		t.Errorf("another project's answer: %+v, %v", out, err)
	}
	r.Account.Project = "prj_1"
	if out, err := c.Generate(t.Context(), r); err != nil || !out.FromCache {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestMemoryStoreForgets(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	s := llm.NewMemoryStore(func() time.Time { return now })
	s.Set(t.Context(), "k", json.RawMessage("1"), time.Minute)
	if _, ok := s.Get(t.Context(), "k"); !ok {
		t.Error("it has forgotten at once")
	}
	now = now.Add(time.Minute)
	if _, ok := s.Get(t.Context(), "k"); ok {
		t.Error("it never forgets")
	}
}
