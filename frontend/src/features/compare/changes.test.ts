import { describe, expect, it } from "vitest";
import type { ComparedCaseFragment, Outcome } from "@/gql/graphql";
import { compareCases, countChanges } from "./changes";

const one = (caseKey: string, outcome: Outcome | null, durationMs = 1000): ComparedCaseFragment => ({ id: `res_${caseKey}`, caseKey, title: caseKey, outcome, error: "", durationMs });

describe("two runs", () => {
  it.each<[string, ComparedCaseFragment | null, ComparedCaseFragment | null]>([
    ["regressed", one("a", "PASSED"), one("a", "FAILED")],
    ["regressed", one("a", "FLAKY"), one("a", "TIMED_OUT")],
    ["regressed", one("a", "SKIPPED"), one("a", "ERRORED")],
    ["failing", one("a", "FAILED"), one("a", "ERRORED")],
    ["fixed", one("a", "FAILED"), one("a", "PASSED")],
    ["same", one("a", "FAILED"), one("a", "CANCELLED")],
    ["added", null, one("a", "FAILED")],
    ["removed", one("a", "PASSED"), null],
    ["slower", one("a", "PASSED", 1000), one("a", "PASSED", 1500)],
    ["same", one("a", "PASSED", 1000), one("a", "PASSED", 1499)],
    ["same", one("a", "PASSED", 10), one("a", "PASSED", 100)],
    ["same", one("a", "PASSED", 0), one("a", "PASSED", 60)],
    ["same", one("a", null), one("a", null)],
  ])("tell that a case is %s", (change, before, after) => {
    expect(compareCases(before ? [before] : [], after ? [after] : []).map((p) => p.change)).toEqual([change]);
  });

  it("have what broke at the top", () => {
    const before = [one("gone", "PASSED"), one("a", "PASSED"), one("b", "PASSED"), one("c", "FAILED")];
    const after = [one("new", "PASSED"), one("a", "PASSED"), one("b", "FAILED"), one("c", "PASSED")];
    const pairs = compareCases(before, after);
    expect(pairs.map((p) => p.key)).toEqual(["b", "c", "new", "gone", "a"]);
    expect(Object.fromEntries(countChanges(pairs))).toEqual({ regressed: 1, fixed: 1, added: 1, removed: 1, same: 1 });
  });
});
