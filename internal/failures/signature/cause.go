package signature

import (
	"fmt"
	"strings"
)

// Cause is why something failed, from a closed list.
type Cause string

// The causes.
const (
	ProductFault   Cause = "PRODUCT_FAULT"  // what is tested does something wrong
	TestFault      Cause = "TEST_FAULT"     // the plan asks for something that is not meant to be
	Environment    Cause = "ENVIRONMENT"    // what is tested is not there, or not as it should be set up
	Data           Cause = "DATA"           // the data that the case found are not those it needs
	Timing         Cause = "TIMING"         // it depends on when, or passes only sometimes
	Infrastructure Cause = "INFRASTRUCTURE" // what performs cases failed
	Dependency     Cause = "DEPENDENCY"     // something behind what is tested failed
	Unknown        Cause = "UNKNOWN"
)

// Causes lists them all.
func Causes() []Cause {
	return []Cause{ProductFault, TestFault, Environment, Data, Timing, Infrastructure, Dependency, Unknown}
}

// Verdict says what caused a failure, by which rule, and why: evidence that a
// person can look up.
type Verdict struct {
	Cause Cause
	Rule  string // empty for Unknown
	Why   string // one sentence
	Quote string // word for word from the failure
}

// maxQuote bounds a quotation.
const maxQuote = 300

// CauseOf says what caused a failure where the evidence is clear. Everything else
// is Unknown: a wrong answer may be the product's fault, or the test's.
func CauseOf(f Failure) Verdict {
	s := Of(f)
	quote := quoteOf(f)
	say := func(c Cause, rule, why string, args ...any) Verdict {
		return Verdict{Cause: c, Rule: rule, Why: fmt.Sprintf(why, args...), Quote: quote}
	}
	if f.Outcome == "passed_later" {
		return say(Timing, "passed-when-tried-again", "a later attempt of the same case passed")
	}
	switch s.Code {
	case CodeWorker:
		return say(Infrastructure, "worker-failed", "what performs cases failed, and not the target")
	case CodePlan:
		return say(TestFault, "plan-cannot-be-filled-in", "the plan could not be performed as it is written")
	case CodeEgress:
		return say(Infrastructure, "egress-refused", "the policy of the worker does not let cases reach this address")
	case CodeRefused:
		return say(Environment, "connection-refused", "nothing accepts connections at the target's address")
	case CodeUnknownHost:
		return say(Environment, "unknown-host", "the name of the target is not known")
	case CodeUnreachable:
		return say(Environment, "unreachable", "there is no way to the target's network")
	case CodeTLS:
		return say(Environment, "tls", "no trusted connection to the target could be made")
	case "status_502", "status_504":
		return say(Dependency, "gateway-status", "a gateway in front of the target tells with status %s that what is behind it gave no good answer", server(s.Code))
	case "status_503":
		return say(Environment, "unavailable-status", "the target says with status 503 that it is not available now")
	case CodeTimeout:
		return say(Timing, "timed-out", "it was not done within its limit")
	}
	if status := server(s.Code); status != "" {
		return say(ProductFault, "server-error", "the target answered with status %s, which tells of an error of its own", status)
	}
	if (s.Code == CodeNotFound || s.Code == CodeAmbiguous) && f.Check == "" && f.Before > 0 {
		return say(TestFault, "locator-on-a-good-page",
			"the steps before it passed and the page was there; the locator of the action does not name one element of it")
	}
	return Verdict{Cause: Unknown, Why: "no rule is sure", Quote: quote}
}

// quoteOf is what the failure says, word for word: the beginning of its first line.
func quoteOf(f Failure) string {
	text := f.Message
	if f.Check == "" || text == "" {
		text = f.Error
	}
	text, _, _ = strings.Cut(strings.TrimLeft(text, " \t\r\n"), "\n")
	return start(strings.ToValidUTF8(text, "\uFFFD"), maxQuote)
}

func start(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}
	return text[:most]
}
