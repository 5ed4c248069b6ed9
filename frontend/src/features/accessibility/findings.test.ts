import { describe, expect, it } from "vitest";
import { countImpacts, keep, readAudit, standardOf } from "./findings";

const told = {
  accessibility: {
    engine: "axe-core 4.14.1", tags: ["wcag2a", "wcag2aa"], passes: 20, inapplicable: 30, accepted: 2, gone: 1,
    violations: [
      { rule: "region", impact: "moderate", help: "All content", helpUrl: "https://dequeuniversity.com/region", wcag: [], count: 1, fails: false, elements: [{ selector: "#a", html: "<p>", why: "", new: false }] },
      { rule: "label", impact: "critical", help: "Form elements", helpUrl: "javascript:alert(1)", wcag: ["4.1.2"], count: 2, fails: true, elements: [{ selector: "#q", html: "<input>", why: "no label", picture: "q.png", new: true }, { selector: "#r", html: "", why: "", new: false }] },
    ],
    incomplete: [{ rule: "color-contrast", help: "Contrast", count: 1, elements: ["h1"] }],
  },
};

describe("readAudit", () => {
  const audit = readAudit(told);

  it("puts what is worst first", () => {
    expect(audit?.violations.map((v) => [v.rule, v.impact])).toEqual([["label", "critical"], ["region", "moderate"]]);
    expect(audit?.accepted).toEqual({ count: 2, gone: 1 });
    expect(audit?.standard).toBe("WCAG 2.0 AA");
  });

  it("follows no address but one of the web", () => {
    expect(audit?.violations.map((v) => v.helpUrl)).toEqual(["", "https://dequeuniversity.com/region"]);
  });

  it("knows which elements are new, and that none is where nothing is compared", () => {
    expect(audit?.violations[0]?.elements.map((e) => e.fresh)).toEqual([true, false]);
    const plain = readAudit({ accessibility: { violations: [{ rule: "a", elements: [{ selector: "#a" }] }] } });
    expect(plain?.violations[0]?.elements[0]?.fresh).toBeNull();
    expect(plain?.accepted).toBeNull();
  });

  it.each([null, {}, { accessibility: [] }, { accessibility: { violations: null } }])("is null for %j", (value) => {
    expect(readAudit(value)).toBeNull();
  });
});

describe("keep", () => {
  const violations = readAudit(told)?.violations ?? [];

  it.each([
    ["all", { impacts: [], freshOnly: false }, ["label 2", "region 1"]],
    ["one impact", { impacts: ["moderate"], freshOnly: false }, ["region 1"]],
    ["what is new", { impacts: [], freshOnly: true }, ["label 1"]],
    ["what is new of an impact that has none", { impacts: ["moderate"], freshOnly: true }, []],
  ] as const)("%s", (_name, kept, want) => {
    expect(keep(violations, kept).map((v) => `${v.rule} ${v.elements.length}`)).toEqual(want);
  });

  it("counts elements by impact", () => {
    expect([...countImpacts(violations)]).toEqual([["critical", 2], ["moderate", 1]]);
  });
});

it.each([
  [["wcag2a"], "WCAG 2.0 A"],
  [["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"], "WCAG 2.2 AA"],
  [["cat.forms"], "cat.forms"],
])("%j is %s", (tags, want) => {
  expect(standardOf(tags)).toBe(want);
});
