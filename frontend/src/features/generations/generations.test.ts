import { describe, expect, it } from "vitest";
import { emptyForm, type Form, inputOf } from "./ask";
import { advance, inOrder, nextOpen, unknownProgress, whyNot } from "./proposals";

const aForm = (part: Partial<Form>): Form => ({ ...emptyForm, ...part });
const written = (kind: Form["kind"], text: string) => ({ kind, source: { ...emptyForm.source, [kind]: text } });

describe("what is sent", () => {
  it.each([
    ["an address of a document", aForm(written("openapiUrl", " https://shop.test/openapi.yaml ")), { openapiUrl: "https://shop.test/openapi.yaml" }],
    ["a document", aForm(written("openapi", "openapi: 3.1.0")), { openapi: "openapi: 3.1.0" }],
    ["pages", aForm({ ...written("crawl", "http://shop.test/"), depth: "1", pages: "4" }), { crawl: { url: "http://shop.test/", depth: 1, pages: 4 } }],
    ["requirements", aForm({ ...written("requirements", "REQ-1: It works"), target: "http://shop.test" }), { requirements: "REQ-1: It works" }],
  ])("is %s", (_name, form, source) => {
    const got = inputOf(form);
    expect("input" in got && got.input.source).toEqual(source);
  });

  it("is no kind, no plan and no model unless they are chosen", () => {
    const got = inputOf(aForm({ ...written("openapi", "x"), model: "m", seconds: "90" }));
    expect("input" in got && got.input).toMatchObject({ kinds: null, planId: null, model: null, target: null, maxCases: 10, timeoutMs: 90_000 });
  });

  it.each([
    ["nothing", aForm({}), /where the document lies/],
    ["no address", aForm(written("crawl", "shop.test")), /begins with http/],
    ["an address of another kind", aForm(written("openapiUrl", "file:///etc/passwd")), /begins with http/],
    ["requirements of nothing", aForm(written("requirements", "REQ-1: x")), /base address/],
    ["a base that is no address", aForm({ ...written("openapi", "x"), target: "shop" }), /begins with http/],
  ])("is not %s", (_name, form, want) => {
    const got = inputOf(form);
    expect("missing" in got ? got.missing : "").toMatch(want);
  });
});

const aCase = (id: string, state: "PROPOSED" | "SUSPECTED_DEFECT" | "ACCEPTED" | "REJECTED") => ({ id, state });

describe("the cases", () => {
  const cases = [aCase("a", "REJECTED"), aCase("b", "PROPOSED"), aCase("c", "ACCEPTED"), aCase("d", "SUSPECTED_DEFECT"), aCase("e", "PROPOSED")];

  it("are told with those first that wait for a person", () => {
    expect(inOrder(cases).map(({ id }) => id)).toEqual(["b", "e", "d", "c", "a"]);
  });

  it.each([
    ["b", [], "d"],
    ["b", ["d"], "e"],
    ["e", [], "b"],
    ["d", ["b", "e"], "d"],
    ["d", ["b", "e", "d"], undefined],
    ["gone", [], "b"],
  ])("lead from %s without %j to %s", (from, decided, want) => {
    expect(nextOpen(cases, from, new Set(decided))).toBe(want);
  });
});

describe("why a case is not proposed", () => {
  const check = (name: string, outcome: "PASSED" | "FAILED" | "SKIPPED", reason = "") => ({ name, outcome, reason });
  it.each([
    ["its checks say", { state: "REJECTED", checks: [check("schema_valid", "PASSED"), check("allowed_hosts", "FAILED", "it names https://x.test"), check("adds_coverage", "FAILED")] }, "it names https://x.test; adds coverage"],
    ["a person says", { state: "REJECTED", checks: [check("approved", "FAILED", "Not now")], reviewReason: "Not now", reviewedByName: "Ann" }, "Not now"],
    ["a person does not say", { state: "REJECTED", checks: [], reviewedByName: "Ann" }, "Ann has turned it down"],
    ["it shows a defect", { state: "SUSPECTED_DEFECT", checks: [check("dry_run", "FAILED", "status should equal 201, but is 500"), check("approved", "SKIPPED")] }, "status should equal 201, but is 500"],
  ] as const)("%s", (_name, part, want) => {
    expect(whyNot({ reviewReason: "", reviewedByName: "", ...part, checks: [...part.checks] })).toBe(want);
  });
});

describe("progress", () => {
  const event = (seq: number, part = {}) => ({ seq, stage: "CHECKING" as const, tried: seq, candidates: 9, proposed: 1, caseId: "", state: null, at: "2026-01-01T00:00:00Z", ...part });

  it("goes on with each event, the newest case first", () => {
    const got = [event(1), event(2, { caseId: "a", state: "PROPOSED" }), event(3, { caseId: "b", state: "REJECTED" })].reduce(advance, unknownProgress);
    expect(got).toMatchObject({ seq: 3, stage: "CHECKING", tried: 3, candidates: 9 });
    expect(got.judged.map(({ caseId, state }) => [caseId, state])).toEqual([["b", "REJECTED"], ["a", "PROPOSED"]]);
  });

  it("is not thrown back by what was seen", () => {
    const before = [event(1), event(2, { caseId: "a", state: "PROPOSED" })].reduce(advance, unknownProgress);
    expect(advance(before, event(2, { caseId: "a", state: "PROPOSED" }))).toBe(before);
  });

  it("keeps only the newest cases", () => {
    const got = Array.from({ length: 40 }, (_, i) => event(i + 1, { caseId: `c${i}`, state: "PROPOSED" })).reduce(advance, unknownProgress);
    expect(got.judged).toHaveLength(8);
    expect(got.judged[0]?.caseId).toBe("c39");
  });
});
