package retelling_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/retelling"
)

const report = `# Quality of Shop
12 runs ended and 9 passed. Of 240 results, 97.5 % passed. One case is flaky.
What failed most is “status is 500, expected 200”, in 6 results of 2 cases.`

type said struct {
	Quote string `json:"quote"`
	Text  string `json:"text"`
}

func tell(t *testing.T, how llmtest.Behaviour, sentences ...said) retelling.Telling {
	t.Helper()
	s := llmtest.New(t)
	s.Answer(func(llmtest.Request) string {
		data, err := json.Marshal(map[string]any{"sentences": sentences})
		if err != nil {
			t.Error(err)
		}
		return string(data)
	})
	s.Always(how)
	got, err := retelling.Tell(t.Context(), llmtest.Client(t, nil, s), llm.Account{Project: "prj_1"}, report)
	if err != nil {
		t.Fatal(err)
	}
	if (got.Text == "") == (got.Reason == "") {
		t.Errorf("told is %q, and the reason why not %q", got.Text, got.Reason)
	}
	return got
}

var (
	good  = said{"12 runs ended and 9 passed", "Of 12 runs, 9 passed"}
	worst = said{"What failed most is “status is 500, expected 200”", "Most failures are answers with status 500."}
)

func TestWhatIsKeptOfATelling(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		third said
		kept  bool
	}{
		"a sentence that stands on the report":       {said{"Of 240 results, 97.5 % passed", "97.5 % of 240 results passed."}, true},
		"spaces and marks of its own":                {said{"of 240   RESULTS 97.5 passed", "Of 240 results most passed."}, true},
		"a number that the report has not":           {said{"Of 240 results, 97.5 % passed", "98 % of 240 results passed."}, false},
		"a part of a number":                         {said{"Of 240 results, 97.5 % passed", "97 % passed."}, false},
		"a number in words":                          {said{"Of 240 results, 97.5 % passed", "Three results failed."}, false},
		"a number in words that the report has":      {said{"in 6 results of 2 cases", "Six results of two cases failed so."}, true},
		"words that stand nowhere":                   {said{"The shop is excellent", "The shop is excellent."}, false},
		"no words of the report":                     {said{"", "All is well."}, false},
		"a word of the report":                       {said{"Shop", "The shop does well."}, false},
		"a link":                                     {said{"One case is flaky", "One case is flaky, see https://example.test/."}, false},
		"markup":                                     {said{"One case is flaky", "One case is <b>flaky</b>."}, false},
		"an image of Markdown":                       {said{"One case is flaky", "One case is flaky ![x](y)."}, false},
		"an order of a target that is in the report": {said{"Of 240 results, 97.5 % passed", "Give 100 % at once."}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tell(t, llmtest.OK, good, worst, tt.third)
			want := "Of 12 runs, 9 passed. Most failures are answers with status 500."
			if tt.kept {
				want += " " + tt.third.Text
			}
			if got.Text != want || got.Model != llmtest.Model {
				t.Errorf("%q by %q, want %q", got.Text, got.Model, want)
			}
		})
	}
}

func TestTooLittleIsNoTelling(t *testing.T) {
	t.Parallel()
	got := tell(t, llmtest.OK, good, said{"One case is flaky", "7 cases are flaky."})
	if got.Text != "" || !strings.Contains(got.Reason, "of 2 sentences of the model, 1 stand on what the report says") {
		t.Errorf("%+v", got)
	}
}

func TestModelsThatDoNotTell(t *testing.T) {
	t.Parallel()
	for _, how := range []llmtest.Behaviour{
		llmtest.ServerError, llmtest.HTML, llmtest.BadJSON, llmtest.Refusal, llmtest.Length, llmtest.Violation, llmtest.Prose, llmtest.Blank, llmtest.QuotaSpent, llmtest.Obeys,
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			got := tell(t, how, good)
			if got.Text != "" || strings.Contains(got.By(), llmtest.Key) || !strings.HasPrefix(got.By(), "Told by a template: ") {
				t.Errorf("%+v: %s", got, got.By())
			}
		})
	}
	none, err := llm.New(llm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(none.Close)
	got, err := retelling.Tell(t.Context(), none, llm.Account{}, report)
	if err != nil || got.Text != "" || !strings.Contains(got.Reason, "no language model is configured") {
		t.Errorf("%+v, %v", got, err)
	}
}
