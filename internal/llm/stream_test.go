package llm_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

// streamed collects the pieces of an answer.
func streamed(ctx context.Context, c *llm.Client, r llm.Request) (pieces []string, out *llm.Response, err error) {
	out, err = c.Stream(ctx, r, func(piece string) error {
		pieces = append(pieces, piece)
		return nil
	})
	return pieces, out, err
}

func TestStream(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how    llmtest.Behaviour
		want   llm.Reason
		pieces []string
		calls  int
	}{
		{llmtest.OK, "", []string{"it ", "looks ", "good"}, 1},
		{llmtest.CutStream, llm.Unavailable, []string{"it "}, 1},
		{llmtest.ErrorInStream, llm.Unavailable, []string{"it "}, 1},
		{llmtest.NoFinish, llm.Unavailable, []string{"it ", "looks ", "good"}, 1},
		{llmtest.Length, llm.Truncated, []string{"it ", "loo"}, 1},
		{llmtest.ContentFilter, llm.Refused, nil, 1},
		{llmtest.Refusal, llm.Refused, nil, 1},
		{llmtest.ServerError, llm.Unavailable, nil, 3},
		{llmtest.ArrayError, llm.Unavailable, nil, 3},
		{llmtest.RateLimited, llm.Unavailable, nil, 3},
		{llmtest.ErrorUnder200, llm.Unavailable, nil, 3},
		{llmtest.HTML, llm.Unavailable, nil, 1},
		{llmtest.EmptyObject, llm.Unavailable, nil, 1},
		{llmtest.HangUp, llm.Unavailable, nil, 3},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Always(tt.how)
			s.Answer(func(llmtest.Request) string { return "it looks good" })
			pieces, out, err := streamed(t.Context(), llmtest.Client(t, nil, s), ask("Is it good?"))
			if llm.ReasonOf(err) != tt.want || (err == nil) != (out != nil) {
				t.Errorf("%v, %v, want %q", out, err, tt.want)
			}
			if diff := cmp.Diff(tt.pieces, pieces); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			if n := len(s.Asked()); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			if out != nil && (out.Text != "it looks good" || out.Usage.Output != 4 || out.Usage.Estimated) {
				t.Errorf("%+v", out)
			}
		})
	}
}

func TestStreamFallsBackBeforeTheFirstPieceOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how  llmtest.Behaviour
		want []string
	}{
		{llmtest.ServerError, []string{"b"}},
		{llmtest.CutStream, []string{"a "}},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			t.Parallel()
			a, b := llmtest.New(t), llmtest.New(t)
			a.Always(tt.how)
			a.Answer(func(llmtest.Request) string { return "a a" })
			b.Answer(func(llmtest.Request) string { return "b" })
			pieces, _, _ := streamed(t.Context(), llmtest.Client(t, nil, a, b), ask("Is it good?"))
			if diff := cmp.Diff(tt.want, pieces); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamOfWhoDoesNotStream(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Ignores = []string{"stream"}
	pieces, out, err := streamed(t.Context(), llmtest.Client(t, nil, s), ask("Is it good?"))
	if err != nil || out.Text != "ok" || !cmp.Equal(pieces, []string{"ok"}) {
		t.Errorf("%v, %v, %v", pieces, out, err)
	}
}

func TestStreamEndsWithItsReader(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Answer(func(llmtest.Request) string { return strings.Repeat("word ", 100) })
	gone := errors.New("the page was left")
	out, err := llmtest.Client(t, nil, s).Stream(t.Context(), ask("Is it good?"), func(string) error { return gone })
	if !errors.Is(err, gone) || out != nil {
		t.Errorf("%v, %v", out, err)
	}
	if _, err := llmtest.Client(t, nil, s).Stream(t.Context(), askJSON("x"), func(string) error { return nil }); apperr.CodeOf(err) != apperr.InvalidInput {
		t.Errorf("a schema: %v", err)
	}
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how   llmtest.Behaviour
		want  llm.Reason
		calls int
	}{
		{llmtest.OK, "", 1},
		{llmtest.ServerError, llm.Unavailable, 3},
		{llmtest.RateLimited, llm.Unavailable, 3},
		{llmtest.EmptyObject, llm.Unavailable, 3},
		{llmtest.Violation, llm.InvalidAnswer, 1},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Always(tt.how)
			out, err := llmtest.Client(t, nil, s).Embed(t.Context(), llm.EmbedRequest{Texts: []string{"one", "two"}})
			if llm.ReasonOf(err) != tt.want || len(s.Asked()) != tt.calls {
				t.Errorf("%v, %v after %d calls", out, err, len(s.Asked()))
			}
			if err == nil && (len(out.Vectors) != 2 || out.Usage.Input != 7 || out.Model != llmtest.EmbeddingModel) {
				t.Errorf("%+v", out)
			}
			if _, has := s.Asked()[0].Body["user"]; has {
				t.Error("an empty user is sent")
			}
		})
	}
	t.Run("never by another model", func(t *testing.T) {
		t.Parallel()
		a, b := llmtest.New(t), llmtest.New(t)
		a.Always(llmtest.ServerError)
		c := llmtest.Client(t, func(o *llm.Options) { o.Providers[1].EmbeddingModel = "another" }, a, b)
		if out, err := c.Embed(t.Context(), llm.EmbedRequest{Texts: []string{"one"}}); err == nil || len(b.Asked()) > 0 {
			t.Errorf("%v, %v", out, err)
		}
	})
}
