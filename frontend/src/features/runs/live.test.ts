import { describe, expect, it } from "vitest";
import { aCase, anEvent, aProgress } from "@/test/factories";
import { afterEvent, afterProgress, choose, countStates, fromResult } from "./live";

describe("a case after an event", () => {
  it("runs, retries, and ends with what the event tells", () => {
    let row = fromResult(aCase());
    row = afterEvent(row, anEvent({ type: "CASE_STARTED", attempt: 1, at: "2026-01-01T00:00:01Z" }));
    expect(row).toMatchObject({ status: "RUNNING", attempt: 1, startedAt: "2026-01-01T00:00:01Z" });
    row = afterEvent(row, anEvent({ type: "CASE_RETRIED", attempt: 1, outcome: "FAILED", error: "no" }));
    expect(row).toMatchObject({ status: "QUEUED", outcome: null, error: "no" });
    row = afterEvent(row, anEvent({ type: "CASE_STARTED", attempt: 2 }));
    row = afterEvent(row, anEvent({ type: "CASE_FINISHED", attempt: 2, outcome: "FLAKY", durationMs: 12 }));
    expect(row).toMatchObject({ status: "FINISHED", outcome: "FLAKY", attempt: 2, durationMs: 12, error: "" });
  });

  it("keeps its outcome when an older event comes after it was read", () => {
    const row = fromResult(aCase({ status: "FINISHED", outcome: "PASSED" }));
    expect(afterEvent(row, anEvent({ type: "CASE_STARTED", attempt: 1 }))).toBe(row);
  });

  it("is left alone by events of the run", () => {
    const row = fromResult(aCase());
    expect(afterEvent(row, anEvent({ type: "RUN_PAUSED" }))).toBe(row);
  });
});

describe("a case after progress", () => {
  const running = (step: number, attempt = 1) => aProgress({ step, steps: 3, stepName: `step ${step}`, attempt });

  it("counts steps that passed between two snapshots", () => {
    let row = fromResult(aCase({ status: "RUNNING" }));
    row = afterProgress(row, running(0), 1000);
    row = afterProgress(row, running(2), 1500);
    expect(row.observed.map(({ index, name, endedAt }) => [index, name, endedAt])).toEqual([
      [0, "step 0", 1500],
      [1, "", 1500],
      [2, "step 2", null],
    ]);
  });

  it("counts those before the page was opened", () => {
    const row = afterProgress(fromResult(aCase({ status: "RUNNING" })), running(1), 1000);
    expect(row.observed.map(({ index, endedAt }) => [index, endedAt])).toEqual([[0, 1000], [1, null]]);
  });

  it("collects its steps with the times at which they were seen", () => {
    let row = fromResult(aCase({ status: "RUNNING" }));
    row = afterProgress(row, running(0), 1000);
    row = afterProgress(row, running(0), 1100);
    row = afterProgress(row, running(1), 1500);
    expect(row.observed).toEqual([
      { index: 0, of: 3, name: "step 0", startedAt: 1000, endedAt: 1500 },
      { index: 1, of: 3, name: "step 1", startedAt: 1500, endedAt: null },
    ]);
  });

  it("begins anew with another attempt, and takes none back", () => {
    let row = afterProgress(fromResult(aCase()), running(2), 1000);
    row = afterProgress(row, running(0, 2), 2000);
    expect(row.observed.map((s) => s.index)).toEqual([0]);
    expect(afterProgress(row, running(1, 1), 3000)).toBe(row);
  });

  it("says nothing of a case that has ended", () => {
    const row = fromResult(aCase({ status: "FINISHED", outcome: "FAILED" }));
    expect(afterProgress(row, running(0), 1)).toBe(row);
  });

  it("changes nothing when it tells nothing new", () => {
    const row = afterProgress(fromResult(aCase({ status: "RUNNING" })), running(0), 1000);
    expect(afterProgress(row, running(0), 2000)).toBe(row);
  });
});

describe("choosing cases", () => {
  const rows = [
    aCase({ id: "a", ordinal: 0, status: "FINISHED", outcome: "PASSED", title: "Pay" }),
    aCase({ id: "b", ordinal: 1, status: "FINISHED", outcome: "FAILED", error: "timeout of the till" }),
    aCase({ id: "c", ordinal: 2, status: "RUNNING", caseKey: "cart[eu]" }),
    aCase({ id: "d", ordinal: 3, status: "FINISHED", outcome: "ERRORED" }),
  ].map(fromResult);
  const ids = (filter: Partial<Parameters<typeof choose>[1]>) => choose(rows, { text: "", states: [], order: "plan", ...filter }).map((r) => r.id).join("");

  it.each([
    ["everything in the plan's order", {}, "abcd"],
    ["failures first", { order: "failures" as const }, "bdca"],
    ["by title, ignoring case", { text: "PAY" }, "a"],
    ["by key", { text: "[eu]" }, "c"],
    ["by error", { text: "till" }, "b"],
    ["by states", { states: ["FAILED" as const, "RUNNING" as const] }, "bc"],
    ["by all of them", { states: ["FAILED" as const], text: "pay" }, ""],
  ])("%s", (_name, filter, want) => {
    expect(ids(filter)).toBe(want);
  });

  it("leaves the rows as they were", () => {
    ids({ order: "failures" });
    expect(rows.map((r) => r.id).join("")).toBe("abcd");
  });

  it("counts by state", () => {
    expect(Object.fromEntries(countStates(rows))).toEqual({ PASSED: 1, FAILED: 1, RUNNING: 1, ERRORED: 1 });
  });
});
