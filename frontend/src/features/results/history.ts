import type { CaseHistoryQuery } from "@/gql/graphql";

export type Past = NonNullable<CaseHistoryQuery["result"]>["history"][number];

export interface HistoryFacts {
  passed: number;
  flaky: number;
  /** Changes between passing and not passing from one run to the next, as a share of the chances for it. */
  flipRate: number;
  medianMs: number | null;
  /** The newest duration by the median of those before it; null while there are fewer than three. */
  change: number | null;
}

const ended = (past: Past) => past.outcome === "PASSED" || past.outcome === "FLAKY";

/** What earlier results say of a case; they are given the newest first. */
export function factsOf(history: Past[]): HistoryFacts {
  const flips = history.slice(1).filter((past, i) => ended(past) !== ended(history[i] as Past)).length;
  const [newest, ...before] = history.filter(ended).map(({ durationMs }) => durationMs);
  const usual = median(before);
  return {
    passed: history.filter(ended).length,
    flaky: history.filter(({ outcome }) => outcome === "FLAKY").length,
    flipRate: history.length > 1 ? flips / (history.length - 1) : 0,
    medianMs: median(history.filter(ended).map(({ durationMs }) => durationMs)),
    change: newest !== undefined && before.length >= 3 && usual ? newest / usual - 1 : null,
  };
}

export function median(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? null) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
