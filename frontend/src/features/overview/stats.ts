import type { OverviewQuery } from "@/gql/graphql";

export type PastRun = OverviewQuery["runs"]["nodes"][number];

/** A run as a point of the trend. */
export interface TrendPoint {
  id: string;
  name: string;
  /** Seconds since 1970, as uPlot has it. */
  at: number;
  /** Of the judged cases, 0 to 100; null when none was judged. */
  passRate: number | null;
  durationMs: number | null;
}

export function trendOf(runs: PastRun[]): TrendPoint[] {
  return runs
    .map(({ id, name, createdAt, startedAt, finishedAt, outcomeCounts }) => ({
      id,
      name,
      at: Date.parse(createdAt) / 1000,
      passRate: passRateOf(outcomeCounts),
      durationMs: startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : null,
    }))
    .sort((a, b) => a.at - b.at);
}

export function passRateOf({ finished, skipped, cancelled, passed, flaky }: PastRun["outcomeCounts"]): number | null {
  const judged = finished - skipped - cancelled;
  return judged > 0 ? ((passed + flaky) / judged) * 100 : null;
}

/** A plan in an environment: what is compared with its own past. */
export interface Broken {
  run: PastRun;
  /** When it last passed, as far as these runs tell. */
  passedBefore: PastRun | null;
  /** How many runs in a row have not passed, this one included. */
  inARow: number;
}

/**
 * What does not pass now, of each plan and environment: newly when the run
 * before the failures passed. Runs come newest first; stopped ones say nothing.
 */
export function brokenOf(runs: PastRun[]): Broken[] {
  const broken: Broken[] = [];
  for (const history of historiesOf(runs)) {
    const run = history[0];
    if (!run || run.status === "PASSED") continue;
    const passed = history.findIndex(({ status }) => status === "PASSED");
    broken.push({ run, passedBefore: history[passed] ?? null, inARow: passed < 0 ? history.length : passed });
  }
  return broken.sort((a, b) => Number(b.passedBefore !== null) - Number(a.passedBefore !== null) || a.inARow - b.inARow);
}

// The runs of each plan in each environment, newest first.
function historiesOf(runs: PastRun[]): PastRun[][] {
  const groups = new Map<string, PastRun[]>();
  for (const run of runs) {
    if (run.status === "CANCELLED") continue;
    const key = `${run.plan.id} ${run.environment}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** What passed only after it had failed, of a plan in an environment. */
export interface Flaky {
  /** The newest run with a flaky result. */
  run: PastRun;
  results: number;
  /** Runs with a flaky result, and all of them. */
  runs: number;
  of: number;
}

/** Which plans are flaky, those first in which the greatest share of runs is. */
export function flakyOf(runs: PastRun[]): Flaky[] {
  const flaky: Flaky[] = [];
  for (const history of historiesOf(runs)) {
    const those = history.filter(({ outcomeCounts }) => outcomeCounts.flaky > 0);
    const run = those[0];
    if (run) flaky.push({ run, results: those.reduce((sum, { outcomeCounts }) => sum + outcomeCounts.flaky, 0), runs: those.length, of: history.length });
  }
  return flaky.sort((a, b) => b.runs / b.of - a.runs / a.of || b.results - a.results);
}

/** Of each plan that has gates the newest run; those whose gates do not hold come first. */
export function gatedOf(runs: PastRun[]): { run: PastRun; held: boolean }[] {
  return historiesOf(runs)
    .flatMap(([run]) => (run && run.gates.length > 0 ? [{ run, held: run.gates.every(({ passed }) => passed) }] : []))
    .sort((a, b) => Number(a.held) - Number(b.held));
}

export interface Totals {
  runs: number;
  /** Share of runs that passed, 0 to 100. */
  passed: number | null;
  /** Share of cases that passed, 0 to 100. */
  cases: number | null;
  /** Of the runs' durations. */
  medianMs: number | null;
  flaky: number;
}

export function totalsOf(runs: PastRun[]): Totals {
  const judged = runs.filter(({ status }) => status !== "CANCELLED");
  const sum = (pick: (counts: PastRun["outcomeCounts"]) => number) => judged.reduce((total, { outcomeCounts }) => total + pick(outcomeCounts), 0);
  const cases = sum((c) => c.finished - c.skipped - c.cancelled);
  const durations = trendOf(judged)
    .map(({ durationMs }) => durationMs)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  return {
    runs: judged.length,
    passed: judged.length > 0 ? (judged.filter(({ status }) => status === "PASSED").length / judged.length) * 100 : null,
    cases: cases > 0 ? (sum((c) => c.passed + c.flaky) / cases) * 100 : null,
    medianMs: durations[Math.floor(durations.length / 2)] ?? null,
    flaky: sum((c) => c.flaky),
  };
}
