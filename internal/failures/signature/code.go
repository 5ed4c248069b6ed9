package signature

import (
	"regexp"
	"strings"
)

// Codes that are no status.
const (
	CodeRefused     = "connection_refused"
	CodeReset       = "connection_broken"
	CodeUnknownHost = "unknown_host"
	CodeUnreachable = "unreachable"
	CodeTLS         = "tls"
	CodeEgress      = "egress"
	CodeTimeout     = "timeout"
	CodeNotFound    = "element_not_found"
	CodeAmbiguous   = "element_ambiguous"
	CodeWorker      = "worker"
	CodePlan        = "plan"
)

// codes are looked for in this order in the error and the message of the check.
var codes = []struct {
	code  string
	words *regexp.Regexp
}{
	{CodeWorker, regexp.MustCompile(`(?i)the executor (?:failed unexpectedly|did not end)|no executor for cases|the worker was |was lost|cannot be started|the browser (?:ended|crashed|did not start|gave no answer)|no browser is installed|not stored:`)},
	{CodePlan, regexp.MustCompile(`(?i)cannot be filled in|the expression is wrong|no value for|is not defined`)},
	{CodeEgress, regexp.MustCompile(`(?i)egress|not allowed to reach|may not be reached|is not a public address`)},
	{CodeRefused, regexp.MustCompile(`(?i)connection refused|ERR_CONNECTION_REFUSED|ECONNREFUSED|refused the connection|nothing listens`)},
	{CodeUnknownHost, regexp.MustCompile(`(?i)no such host|ERR_NAME_NOT_RESOLVED|ENOTFOUND|name is not known|does not exist as a host`)},
	{CodeTLS, regexp.MustCompile(`(?i)\btls\b|x509|certificate|ERR_CERT_|ERR_SSL_|SEC_ERROR`)},
	{CodeUnreachable, regexp.MustCompile(`(?i)network is unreachable|no route to host|ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED|host is down`)},
	{CodeReset, regexp.MustCompile(`(?i)connection reset|broken pipe|ERR_CONNECTION_(?:RESET|CLOSED)|unexpected EOF|closed the connection|connection to .+ broke`)},
	{CodeNotFound, regexp.MustCompile(`(?i)no element matches|element not found|no such element`)},
	{CodeAmbiguous, regexp.MustCompile(`(?i)\d+ elements match|strict mode violation|matches \d+ elements`)},
}

var (
	statuses = regexp.MustCompile(`(?i)\b(?:status(?: code)?|answered|HTTP)(?: is| was| of|:)? "?([1-5]\d\d)\b`)
	waits    = regexp.MustCompile(`(?i)timed out|time limit|timeout|deadline exceeded|did not answer within|still waiting|did not finish loading|ERR_TIMED_OUT`)
)

// codeOf is what kind of failure it is, where that is plain.
func codeOf(f Failure, message string) string {
	text := line(f.Error)
	if f.Check != "" {
		text = line(message)
	}
	for _, c := range codes {
		if c.words.MatchString(text) {
			return c.code
		}
	}
	if m := statuses.FindStringSubmatch(text); m != nil {
		return "status_" + m[1]
	}
	if f.Outcome == "timed_out" || waits.MatchString(text) {
		return CodeTimeout
	}
	return ""
}

// ofTarget reports whether a code says that the target as a whole was away.
func ofTarget(code string) bool {
	switch code {
	case CodeRefused, CodeUnknownHost, CodeUnreachable, CodeTLS, CodeEgress, CodeWorker:
		return true
	}
	return false
}

// server is the status of a code from 500; 0 where it is none.
func server(code string) string {
	status, ok := strings.CutPrefix(code, "status_")
	if ok && status[0] == '5' {
		return status
	}
	return ""
}
