import { describe, expect, it } from "vitest";
import { brokenOf, flakyOf, gatedOf, type PastRun, passRateOf, totalsOf, trendOf } from "./stats";

function aRun(part: Partial<PastRun> & { minute?: number; counts?: Partial<PastRun["outcomeCounts"]> } = {}): PastRun {
  const { minute = 0, counts = {}, ...rest } = part;
  const at = (m: number) => new Date(Date.UTC(2026, 0, 1, 0, m)).toISOString();
  return {
    id: "run_1", name: "Shop", status: "PASSED", environment: "staging", plan: { id: "pln_1" }, gates: [],
    createdAt: at(minute), startedAt: at(minute), finishedAt: at(minute + 1),
    outcomeCounts: { total: 10, finished: 10, passed: 10, failed: 0, flaky: 0, timedOut: 0, errored: 0, skipped: 0, cancelled: 0, ...counts },
    ...rest,
  };
}

describe("the pass rate", () => {
  it("leaves out what was not judged, and counts flaky cases as passed", () => {
    expect(passRateOf(aRun({ counts: { passed: 5, flaky: 1, failed: 2, skipped: 2 } }).outcomeCounts)).toBe(75);
  });

  it("is nothing when nothing was judged", () => {
    expect(passRateOf(aRun({ counts: { passed: 0, skipped: 10 } }).outcomeCounts)).toBeNull();
  });
});

describe("what is broken", () => {
  it("is new after a run that passed, and comes before what has long been so", () => {
    const runs = [
      aRun({ id: "r5", status: "FAILED" }),
      aRun({ id: "r4", plan: { id: "pln_2" }, status: "ERRORED" }),
      aRun({ id: "r3", status: "PASSED" }),
      aRun({ id: "r2", plan: { id: "pln_2" }, status: "FAILED" }),
    ];
    expect(brokenOf(runs).map(({ run, passedBefore, inARow }) => [run.id, passedBefore?.id, inARow])).toEqual([
      ["r5", "r3", 1],
      ["r4", undefined, 2],
    ]);
  });

  it("is told apart by environment, and a stopped run says nothing", () => {
    const runs = [
      aRun({ id: "r3", status: "CANCELLED" }),
      aRun({ id: "r2", status: "FAILED", environment: "production" }),
      aRun({ id: "r1", status: "PASSED" }),
    ];
    expect(brokenOf(runs).map(({ run }) => run.id)).toEqual(["r2"]);
  });
});

it("what is flaky is told by plan, with the newest run that shows it", () => {
  const runs = [
    aRun({ id: "r5" }),
    aRun({ id: "r4", counts: { flaky: 2, passed: 8 } }),
    aRun({ id: "r3", plan: { id: "pln_2" }, counts: { flaky: 1, passed: 9 } }),
    aRun({ id: "r2", plan: { id: "pln_3" } }),
    aRun({ id: "r1", counts: { flaky: 1, passed: 9 } }),
  ];
  expect(flakyOf(runs).map(({ run, results, runs, of }) => [run.id, results, runs, of])).toEqual([["r3", 1, 1, 1], ["r4", 3, 2, 3]]);
});

it("gates are those of the newest run of each plan, broken ones first", () => {
  const gate = (passed: boolean) => [{ name: "successRate", passed, expected: 0.95, actual: passed ? 1 : 0.9 }];
  const runs = [
    aRun({ id: "r4", gates: gate(true) }),
    aRun({ id: "r3", plan: { id: "pln_2" }, gates: gate(false) }),
    aRun({ id: "r2", plan: { id: "pln_3" } }),
    aRun({ id: "r1", gates: gate(false) }),
  ];
  expect(gatedOf(runs).map(({ run, held }) => [run.id, held])).toEqual([["r3", false], ["r4", true]]);
});

it("totals leave stopped runs out", () => {
  const runs = [aRun({ status: "FAILED", counts: { passed: 9, failed: 1 } }), aRun({ counts: { passed: 9, flaky: 1 } }), aRun({ status: "CANCELLED" })];
  expect(totalsOf(runs)).toEqual({ runs: 2, passed: 50, cases: 95, medianMs: 60_000, flaky: 1 });
  expect(totalsOf([])).toEqual({ runs: 0, passed: null, cases: null, medianMs: null, flaky: 0 });
});

it("the trend goes from the oldest to the newest", () => {
  expect(trendOf([aRun({ id: "b", minute: 5 }), aRun({ id: "a", minute: 1, finishedAt: null })]).map(({ id, durationMs }) => [id, durationMs])).toEqual([
    ["a", null],
    ["b", 60_000],
  ]);
});
