// Package draft is what a generated case is before anybody has accepted it: its
// text, what it stands on, and what it would cover. It writes cases as plans have
// them and puts them into a plan.
//
// It is pure and knows the plan language alone.
package draft
