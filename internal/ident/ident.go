package ident

import (
	"go.jetify.com/typeid"

	"github.com/semantest/semantest/internal/apperr"
)

// Type is the prefix of an id.
type Type string

// The types of things that have an id.
const (
	Project        Type = "prj"
	Token          Type = "tok"
	Plan           Type = "pln"
	PlanVersion    Type = "pv"
	Run            Type = "run"
	Result         Type = "res"
	Attempt        Type = "att"
	Step           Type = "stp"
	Check          Type = "chk"
	Metric         Type = "met"
	Artifact       Type = "art"
	Worker         Type = "wrk"
	Request        Type = "req"
	Reservation    Type = "rsv"
	Schedule       Type = "sch"
	Trigger        Type = "trg"
	Webhook        Type = "whk"
	Delivery       Type = "dlv"
	Event          Type = "evt"
	User           Type = "usr"
	Member         Type = "mem"
	Session        Type = "ses"
	SigningKey     Type = "key"
	ServiceAccount Type = "sva"
	Secret         Type = "sec"
	AuditEntry     Type = "aud"
	Baseline       Type = "bas"
	Comparison     Type = "cmp"
	LoadPart       Type = "lpt"
	Assessment     Type = "asm"
	Generation     Type = "gen"
	GeneratedCase  Type = "gca"

	AssessmentLabel Type = "lab"
	FailureCluster  Type = "fcl"
	BrowserSession  Type = "bse"
	BrowserCommand  Type = "bcm"
)

// Noun is what people call it.
func (t Type) Noun() string {
	switch t {
	case Project:
		return "project"
	case AssessmentLabel:
		return "label"
	case Token:
		return "token"
	case Plan:
		return "plan"
	case PlanVersion:
		return "plan version"
	case Run:
		return "run"
	case Result:
		return "result"
	case Artifact:
		return "artifact"
	case Reservation:
		return "reservation"
	case Schedule:
		return "schedule"
	case Trigger:
		return "trigger"
	case Webhook:
		return "webhook"
	case Delivery:
		return "delivery"
	case User:
		return "user"
	case Member:
		return "member"
	case Session:
		return "session"
	case ServiceAccount:
		return "service account"
	case Secret:
		return "secret"
	case AuditEntry:
		return "audit entry"
	case Baseline:
		return "baseline"
	case Comparison:
		return "comparison"
	case Assessment:
		return "assessment"
	case FailureCluster:
		return "failure cluster"
	case BrowserSession:
		return "browser session"
	case BrowserCommand:
		return "browser command"
	case Generation:
		return "generation"
	case GeneratedCase:
		return "generated case"
	}
	return string(t)
}

// New returns a fresh id. One that is made in a later millisecond, by this
// machine's clock, sorts later.
func New(t Type) string {
	return typeid.Must(typeid.WithPrefix(string(t))).String()
}

// Validate returns an InvalidInput error unless id is a well-formed id of type t.
func Validate(t Type, id string) error {
	parsed, err := typeid.FromString(id)
	if err != nil || parsed.Prefix() != string(t) {
		return apperr.Invalid("id", "%q is not an id of this kind: one starts with %s_", clip(id), t)
	}
	return nil
}

// TypeOf returns the type of a well-formed id, "" for anything else.
func TypeOf(id string) Type {
	parsed, err := typeid.FromString(id)
	if err != nil {
		return ""
	}
	return Type(parsed.Prefix())
}

// clip keeps hostile input from filling an error message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
