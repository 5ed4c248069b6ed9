package browser

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/semantest/semantest/executors/browser/internal/thirdparty"
	"github.com/semantest/semantest/internal/spec"
)

// The part of SARIF 2.1.0 that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifText      `json:"shortDescription"`
		FullDescription  sarifText      `json:"fullDescription"`
		HelpURI          string         `json:"helpUri"`
		Configuration    map[string]any `json:"defaultConfiguration"`
		Properties       map[string]any `json:"properties"`
	}
	sarifResult struct {
		RuleID        string            `json:"ruleId"`
		RuleIndex     int               `json:"ruleIndex"`
		Kind          string            `json:"kind"`
		Level         string            `json:"level"`
		Message       sarifText         `json:"message"`
		Locations     []sarifLocation   `json:"locations"`
		Fingerprints  map[string]string `json:"partialFingerprints"`
		BaselineState string            `json:"baselineState,omitempty"`
		Properties    map[string]any    `json:"properties"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
)

// sarifOf writes what was found as SARIF 2.1.0. What axe-core is not sure of is
// there to be reviewed.
func sarifOf(found audited, known acceptance) ([]byte, error) {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "axe-core", Version: thirdparty.AxeVersion, InformationURI: "https://github.com/dequelabs/axe-core", Rules: []sarifRule{}}
	index := map[string]int{}
	add := func(list []axeRule, kind string) {
		for _, r := range list {
			if _, ok := index[r.ID]; !ok {
				index[r.ID] = len(run.Tool.Driver.Rules)
				run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, ruleOf(r))
			}
			for _, n := range r.Nodes {
				run.Results = append(run.Results, resultOf(found, known, r, n, index[r.ID], kind))
			}
		}
	}
	add(found.Violations, "fail")
	add(found.Incomplete, "review")
	return json.MarshalIndent(sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	}, "", "  ")
}

func ruleOf(r axeRule) sarifRule {
	return sarifRule{
		ID: r.ID, ShortDescription: sarifText{r.Help}, FullDescription: sarifText{r.Description}, HelpURI: r.HelpURL,
		Configuration: map[string]any{"level": sarifLevel(r.Impact)},
		Properties:    map[string]any{"tags": r.Tags, "wcag": wcag(r.Tags)},
	}
}

func resultOf(found audited, known acceptance, r axeRule, n axeNode, index int, kind string) sarifResult {
	out := sarifResult{RuleID: r.ID, RuleIndex: index, Kind: kind, Level: sarifLevel(n.Impact), Message: sarifText{r.Help}}
	if n.Why != "" {
		out.Message.Text += ".\n" + n.Why
	}
	if kind != "fail" {
		out.Level = "none" // as SARIF has it for whatever is no failure
	}
	var at sarifLocation
	at.Physical.Artifact.URI = found.URL
	at.Logical = []sarifLogical{{n.selector(), "element"}}
	out.Locations = []sarifLocation{at}
	sum := sha256.Sum256([]byte(r.ID + "\n" + n.selector()))
	out.Fingerprints = map[string]string{"ruleAndElement/v1": hex.EncodeToString(sum[:])}
	out.Properties = map[string]any{"html": n.HTML, "impact": n.Impact}
	if known.asked && kind == "fail" {
		out.BaselineState = "new"
		if known.has(finding{Rule: r.ID, Target: n.selector()}) {
			out.BaselineState = "unchanged"
		}
	}
	return out
}

// sarifLevel is the level of an impact.
func sarifLevel(i spec.AxeImpact) string {
	switch {
	case i.AtLeast("serious"):
		return "error"
	case i.AtLeast("moderate"):
		return "warning"
	}
	return "note"
}
