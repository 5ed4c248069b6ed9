import { describe, expect, it } from "vitest";
import type { Outcome } from "@/gql/graphql";
import { factsOf, median, type Past } from "./history";

const past = (outcome: Outcome, durationMs: number): Past => ({
  id: "res_1", outcome, error: "", durationMs, startedAt: null, run: { id: "run_1", name: "R", environment: "", planVersion: { id: "ver_1", number: 1 } },
});

describe("the history of a case", () => {
  it("tells how often it turns", () => {
    expect(factsOf([past("PASSED", 100), past("FAILED", 5), past("FLAKY", 200), past("PASSED", 100)])).toEqual({
      passed: 3, flaky: 1, flipRate: 2 / 3, medianMs: 100, change: null,
    });
  });

  it("compares the newest duration with the usual one, by those that passed", () => {
    expect(factsOf([past("PASSED", 150), past("PASSED", 90), past("FAILED", 9000), past("PASSED", 100), past("PASSED", 110)]).change).toBeCloseTo(0.5);
  });

  it("says nothing of a case without a past", () => {
    expect(factsOf([])).toEqual({ passed: 0, flaky: 0, flipRate: 0, medianMs: null, change: null });
  });
});

it.each([
  [[], null],
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
])("the median of %j is %s", (values, want) => {
  expect(median(values)).toBe(want);
});
