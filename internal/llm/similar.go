package llm

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DefaultSimilarity is how similar the vectors of two texts are at least (their
// cosine) for the answer to one to do for the other.
const DefaultSimilarity = 0.95

const maxSimilar = 32 // texts that are kept for requests that are the same but for them

// similarText is a text with its vector and its answer.
type similarText struct {
	Text   string `json:"text"`
	Vector []byte `json:"vector"` // float32, little-endian
	Answer kept   `json:"answer"`
}

// similar returns the answer to the most similar text that says the same.
func (c *cache) similar(ctx context.Context, key, text string, vector []float32, schema *Schema, least float64) (kept, float64, bool) {
	facts := factsOf(text)
	var found kept
	best, ok := 0.0, false
	for _, one := range c.similarTexts(ctx, key) {
		s := cosine(vector, floats(one.Vector))
		if s < least || s <= best || time.Since(one.Answer.At) > c.ttl || !slices.Equal(facts, factsOf(one.Text)) || !one.Answer.valid(schema) {
			continue
		}
		found, best, ok = one.Answer, s, true
	}
	return found, best, ok
}

func (c *cache) putSimilar(ctx context.Context, key, text string, vector []float32, k kept) {
	all := append(c.similarTexts(ctx, key), similarText{text, bytesOf(vector), k})
	all = all[max(0, len(all)-maxSimilar):]
	if data, err := json.Marshal(all); err == nil {
		c.store.Set(ctx, key, data, c.ttl)
	}
}

func (c *cache) similarTexts(ctx context.Context, key string) []similarText {
	data, ok := c.store.Get(ctx, key)
	var all []similarText
	if !ok || json.Unmarshal(data, &all) != nil {
		return nil
	}
	return all[:min(len(all), maxSimilar)]
}

// facts are the words of a text, in their order, that vectors hardly notice and
// that change what it says: "3 of 100 failed" and "97 of 100 failed" are .97
// similar.
type facts []string

var (
	telling = regexp.MustCompile("\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|`[^`\n]*`|\\B'[^'\n]+'\\B" +
		`|[\p{L}\p{N}$€£%][\p{L}\p{N}\p{M}_./:@#$€£%'’\-]*`)
	identifier = regexp.MustCompile(`\p{N}|[_/@#$€£%:]|\p{L}\.\p{L}|\p{Ll}\p{Lu}|^\p{Lu}{2,}$`)
)

// turning are negations, number words and other words that turn a sentence.
var turning = func() map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq("no not never none nothing nobody neither nor without cannot except unless only " +
		"non un fail fails failed failing refuse refuses refused reject rejects rejected deny denies denied forbid forbidden disallow invalid unable impossible " +
		"less more fewer least most minimum maximum before after above below under over " +
		"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen " +
		"twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half once twice first second third all any every each some") {
		out[w] = true
	}
	return out
}()

// factsOf lists the numbers, identifiers, quotations, negations and words of
// logic of a text.
func factsOf(text string) facts {
	var out facts
	for _, word := range telling.FindAllString(text, -1) {
		if strings.ContainsAny(word[:1], "\"`'") || strings.HasPrefix(word, "“") || strings.HasPrefix(word, "„") || strings.HasPrefix(word, "«") {
			out = append(out, word)
			continue
		}
		word = strings.TrimRight(word, ".:,'’-/")
		plain := strings.ReplaceAll(strings.ToLower(word), "’", "'")
		switch {
		case turning[plain] || strings.HasSuffix(plain, "n't"):
			out = append(out, plain)
		case identifier.MatchString(word):
			out = append(out, word)
		case strings.Contains(plain, "-"):
			for part := range strings.SplitSeq(plain, "-") {
				if turning[part] {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

// cosine is the cosine of the angle between two vectors, 0 where there is none.
func cosine(a, b []float32) float64 {
	if len(a) != len(b) || len(a) == 0 {
		return 0
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// Cosine is how similar two vectors are: the cosine of the angle between them, 1
// for the same direction, 0 where there is none.
func Cosine(a, b []float32) float64 { return cosine(a, b) }

func bytesOf(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, f := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(f))
	}
	return out
}

func floats(b []byte) []float32 {
	out := make([]float32, 0, len(b)/4)
	for chunk := range slices.Chunk(b, 4) {
		if len(chunk) == 4 {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(chunk)))
		}
	}
	return out
}
