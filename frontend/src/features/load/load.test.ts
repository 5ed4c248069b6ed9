import { describe, expect, it } from "vitest";
import { alignedTo } from "./align";
import { compareReports } from "./compare";
import { afterPulse, nothing, type Pulse } from "./pulses";
import { readReport, type Report } from "./report";
import { amountIn, thresholdsOf } from "./thresholds";
import { earlierOf } from "./useEarlier";
import { formatChange, formatMs, formatRate, formatSecond, formatShare } from "./words";

const trend = { count: 10, avg: 5, min: 1, med: 4, p90: 8, p95: 9, p99: 10, max: 12 };
const detail = {
  requests: 200, failed: 3, rate: 40, seconds: 5, vusMax: 12,
  scenarios: [{ name: "peak", executor: "constant-vus", iterations: 180, interrupted: 0, dropped: 2 }],
  metrics: { http_req_duration: trend }, notes: [{ message: "no answer", count: 3 }],
  series: [{ second: 1, requests: 10, failed: 1, rate: 10, iterations: 9, dropped: 0, vus: 4, med: 3, p95: 8, p99: 9, max: 11 }, { second: 2, requests: 0, failed: 0, rate: 0, vus: 4, med: 0, p95: 0, p99: 0, max: 0 }],
};

describe("readReport", () => {
  it("reads the detail of a step", () => {
    const report = readReport(detail);
    expect(report).toMatchObject({ requests: 200, users: 12, dropped: 2, iterations: 180, notes: [{ message: "no answer", count: 3 }] });
    expect(report?.rows[0]).toMatchObject({ second: 1, rate: 10, failed: 0.1, users: 4, p95: 8 });
  });

  it("has no latency where nothing was sent", () => {
    expect(readReport(detail)?.rows[1]).toMatchObject({ rate: 0, failed: null, med: null, p95: null });
  });

  it.each([null, 1, [], {}, { requests: "200", metrics: {} }, { requests: 1 }, { url: "/" }])("is null for %j", (value) => {
    expect(readReport(value)).toBeNull();
  });
});

describe("thresholdsOf", () => {
  const check = (name: string, expected: string, actual: string, passed = true) => ({ name, expected, actual, passed, message: "" });

  it.each([
    ["http_req_duration p(95)<500", "< 500 ms", { where: "latency", value: 500, label: "p95" }],
    ["http_req_duration{scenario:rush} p(99.9)<1500", "< 1500 ms", { where: "latency", value: 1500, label: "p99.9{scenario:rush}" }],
    ["http_req_duration med<baseline*1.1", "< 12.4 ms", { where: "latency", value: 12.4, label: "med" }],
    ["http_req_failed rate<0.01", "< 0.01", { where: "errors", value: 0.01, label: "failed" }],
    ["http_reqs rate>20", "> 20", { where: "rate", value: 20, label: "rate" }],
    ["http_req_duration count>20", "> 20", null],
    ["dropped_iterations count<1", "< 1", null],
    ["something else", "", null],
  ])("%s is a line in its chart, or none", (name, expected, want) => {
    expect(thresholdsOf([check(name, expected, "1")])[0]?.line).toEqual(want);
  });

  it("puts what did not hold first, and tells how near it came", () => {
    const all = thresholdsOf([check("http_req_duration p(95)<500", "< 500 ms", "100 ms"), check("http_reqs rate>20", "> 20", "10", false)]);
    expect(all.map(({ passed, used }) => [passed, used])).toEqual([[false, 2], [true, 0.2]]);
  });

  it.each([["< 2,900 ms", 2900], ["0.004", 0.004], ["1e-05", 0.00001], ["-3", -3], ["no sample", null]])("the number of %j is %s", (text, want) => {
    expect(amountIn(text)).toBe(want);
  });
});

describe("afterPulse", () => {
  const pulse = (second: number, part: Partial<Pulse> = {}): Pulse => ({ elapsedMs: second * 1000, rate: 10, p95: 5, failed: 0, vus: 2, dropped: 0, ...part });

  it("adds a row a second, and none twice", () => {
    let live = afterPulse(nothing, pulse(1, { dropped: 1 }), 1);
    live = afterPulse(live, pulse(2, { dropped: 4 }), 1);
    expect(live.rows.map(({ second, dropped }) => [second, dropped])).toEqual([[1, 1], [2, 3]]);
    expect(afterPulse(live, pulse(2), 1)).toBe(live);
  });

  it("draws no latency of a second without a request", () => {
    expect(afterPulse(nothing, pulse(1, { rate: 0, p95: 0 }), 1).rows[0]).toMatchObject({ rate: 0, p95: null, failed: null });
  });

  it("begins anew with another attempt", () => {
    const live = afterPulse(afterPulse(nothing, pulse(9, { dropped: 9 }), 1), pulse(1, { dropped: 2 }), 2);
    expect(live.rows.map(({ second, dropped }) => [second, dropped])).toEqual([[1, 2]]);
  });

  it("keeps a bounded number of rows, the newest whole, over hours", () => {
    let live = nothing;
    for (let second = 1; second <= 3 * 3600; second++) live = afterPulse(live, pulse(second), 1);
    expect(live.rows.length).toBeLessThanOrEqual(1200);
    expect(live.rows[0]?.second).toBe(1);
    expect(live.rows.slice(-100).map((row) => row.second)).toEqual(Array.from({ length: 100 }, (_, i) => 3 * 3600 - 99 + i));
    expect(live.rows.every((row, i) => i === 0 || row.second > (live.rows[i - 1]?.second ?? 0))).toBe(true);
  });
});

describe("alignedTo", () => {
  it.each([
    ["the same seconds", [1, 2, 3], [1.01, 2.02, 3], [10, 20, 30], [10, 20, 30]],
    ["a shorter load", [1, 2, 3, 4, 5], [1, 2], [10, 20], [10, 20, 20, null, null]],
    ["a coarser load", [1, 2, 3, 4], [2, 4], [10, 20], [10, 10, 20, 20]],
    ["nothing", [1], [], [], [null]],
  ])("of %s", (_name, at, moments, values, want) => {
    expect(alignedTo(at, moments, values)).toEqual(want);
  });
});

describe("compareReports", () => {
  const report = (part: Partial<Report>): Report => ({
    requests: 100, failed: 0, rate: 10, seconds: 10, users: 2, dropped: 0, iterations: 100, trends: { http_req_duration: trend }, scenarios: [], notes: [], rows: [], histograms: [], ...part,
  });
  const meaning = (now: Report, before: Report, name: string) => compareReports(now, before).find((c) => c.name === name);

  it("says what got worse and better, and is quiet about noise", () => {
    const [before, now] = [report({}), report({ rate: 8, failed: 5, trends: { http_req_duration: { ...trend, med: 2, p95: 9.2 } } })];
    expect(meaning(now, before, "Requests a second")).toMatchObject({ means: "worse", by: -0.2 });
    expect(meaning(now, before, "Failed requests")).toMatchObject({ means: "worse", by: null, now: "5.0 %", before: "0 %" });
    expect(meaning(now, before, "Median")).toMatchObject({ means: "better", by: -0.5 });
    expect(meaning(now, before, "95th percentile")).toMatchObject({ means: "same" });
  });

  it("has no latencies where one of the two has none", () => {
    expect(compareReports(report({ trends: {} }), report({})).map((c) => c.name)).not.toContain("Median");
  });
});

describe("earlierOf", () => {
  const run = (id: string, createdAt: string, environment = "staging", caseKey = "load", version = "ver_1"): Parameters<typeof earlierOf>[1][number] => ({
    id, createdAt, environment, status: "PASSED", planVersion: { id: version, number: 3 }, results: { nodes: [{ id: `res_${id}`, caseKey, outcome: "PASSED" }] },
  });
  const here = { id: "res_here", caseKey: "load", run: { id: "here", environment: "staging", createdAt: "2026-01-05T00:00:00Z", plan: { id: "pln" }, planVersion: { id: "ver_2" } } };

  it("are the same case in earlier runs of the same environment, the newest first", () => {
    const runs = [run("old", "2026-01-01T00:00:00Z"), run("new", "2026-01-04T00:00:00Z", "staging", "load", "ver_2"), run("later", "2026-01-06T00:00:00Z"), run("other", "2026-01-02T00:00:00Z", "prod"), run("case", "2026-01-02T00:00:00Z", "staging", "load.two")];
    expect(earlierOf(here, runs).map((e) => [e.runId, e.sameVersion])).toEqual([["new", true], ["old", false]]);
  });
});

describe("words", () => {
  it.each([[0, "0 ms"], [0.844, "0.84 ms"], [12.34, "12.3 ms"], [840.4, "840 ms"], [1234, "1.23 s"], [12_340, "12 s"]])("%s ms are %s", (ms, want) => expect(formatMs(ms)).toBe(want));
  it.each([[0, "0 %"], [0.0004, "0.04 %"], [0.125, "12.5 %"], [1, "100 %"]])("a share of %s is %s", (share, want) => expect(formatShare(share)).toBe(want));
  it.each([[0, "0 /s"], [12.44, "12.4 /s"], [1203.4, "1,203 /s"]])("%s a second is %s", (rate, want) => expect(formatRate(rate)).toBe(want));
  it.each([[7.02, "7 s"], [65, "1:05"], [3725, "1:02:05"]])("second %s is %s", (second, want) => expect(formatSecond(second)).toBe(want));
  it.each([[0.1234, "+12 %"], [-0.034, "−3.4 %"], [0, "±0 %"]])("%s is %s", (by, want) => expect(formatChange(by)).toBe(want));
});
