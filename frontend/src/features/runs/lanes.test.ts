import { describe, expect, it } from "vitest";
import { barsOf, lanesOf, spanOf } from "./lanes";
import type { RunEvent } from "./live";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const zero = Date.parse(at(0));

const result = (id: string, ...attempts: [worker: string, from: number, to: number][]) => ({
  __typename: "Result" as const, id, caseKey: id, title: `Case ${id}`,
  attempts: attempts.map(([workerId, from, to], i) => ({ __typename: "Attempt" as const, number: i + 1, outcome: "PASSED" as const, workerId, startedAt: at(from), finishedAt: at(to) })),
});

let seq = 0;
const event = (type: RunEvent["type"], resultId: string, second: number, more: Partial<RunEvent> = {}) =>
  ({ __typename: "RunEvent", seq: ++seq, type, at: at(second), status: "RUNNING", resultId, caseKey: resultId, title: `Case ${resultId}`, attempt: 1, outcome: null, error: null, durationMs: null, workerId: "w1", ...more }) as RunEvent;

describe("barsOf", () => {
  it("has each attempt once, whether it was read, told or both", () => {
    const bars = barsOf([result("a", ["w1", 0, 2], ["w2", 3, 4])], [
      event("CASE_STARTED", "a", 0), event("CASE_FINISHED", "a", 9, { attempt: 2, outcome: "FAILED" }), event("CASE_STARTED", "b", 1), event("CASE_STARTED", "c", 2),
      event("CASE_FINISHED", "c", 5, { outcome: "FAILED" }),
    ]);
    expect(bars.map((b) => [b.caseKey, b.attempt, b.worker, (b.from - zero) / 1000, b.to === null ? null : (b.to - zero) / 1000, b.outcome])).toEqual([
      ["a", 1, "w1", 0, 2, "PASSED"], ["b", 1, "w1", 1, null, null], ["c", 1, "w1", 2, 5, "FAILED"], ["a", 2, "w2", 3, 4, "PASSED"],
    ]);
  });

  it("ends an attempt that says nothing of the case", () => {
    const [bar] = barsOf([], [event("CASE_STARTED", "a", 0), event("CASE_REQUEUED", "a", 3)]);
    expect([bar?.to, bar?.outcome]).toEqual([zero + 3000, null]);
  });

  it.each([["of the run", { resultId: null }], ["without a worker", { workerId: null }], ["without an attempt", { attempt: null }]])("leaves out an event %s", (_name, part) => {
    expect(barsOf([], [event("CASE_STARTED", "a", 0, part)])).toEqual([]);
  });
});

describe("lanesOf", () => {
  it("puts what goes on at the same time into lanes of their own", () => {
    const bars = barsOf([result("a", ["w1", 0, 4]), result("b", ["w1", 1, 2]), result("c", ["w1", 2, 6]), result("d", ["w2", 5, 10])], []);
    const workers = lanesOf(bars, zero + 10_000);
    expect(workers.map(({ worker, lanes, cases, busy }) => [worker, lanes.map((lane) => lane.map((bar) => bar.caseKey).join()), cases, busy])).toEqual([
      ["w1", ["a", "b,c"], 3, 0.6], ["w2", ["d"], 1, 0.5],
    ]);
  });

  it("lets nobody begin behind what goes on", () => {
    const bars = barsOf([], [event("CASE_STARTED", "a", 0), event("CASE_STARTED", "b", 1)]);
    expect(lanesOf(bars, zero + 2000).map(({ lanes, busy }) => [lanes.length, busy])).toEqual([[2, 1]]);
  });

  it("has nothing without bars, and something of a moment", () => {
    expect([lanesOf([], 0), spanOf([], 0)]).toEqual([[], null]);
    const bars = barsOf([result("a", ["w1", 0, 0])], []);
    expect(lanesOf(bars, zero)[0]?.busy).toBe(0);
  });
});
