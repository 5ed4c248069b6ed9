import type { Bin } from "./hdr";

export interface Bar {
  /** In milliseconds. */
  from: number;
  to: number;
  count: number;
  /** Share of all, from 0 to 1. */
  share: number;
  /** Share of all that is not slower than `to`. */
  below: number;
}

/** Edges that people can read: 1, 1.5, 2, 3, 5, 7 and their tens. */
const steps = [1, 1.5, 2, 3, 5, 7];

/** Latencies (in microseconds) in bars that get wider as they get slower, from the first that has one to the last. */
export function barsOf(bins: Bin[]): Bar[] {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (total === 0) return [];
  const counts = new Map<number, number>();
  for (const { value, count } of bins) {
    const bar = barOf(value / 1000);
    counts.set(bar, (counts.get(bar) ?? 0) + count);
  }
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  let seen = 0;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const count = counts.get(first + i) ?? 0;
    seen += count;
    return { from: edge(first + i), to: edge(first + i + 1), count, share: count / total, below: seen / total };
  });
}

// Bar 0 has what is faster than a tenth of a millisecond.
function barOf(ms: number): number {
  if (ms < 0.1) return 0;
  const tens = Math.floor(Math.log10(ms) + 1e-9);
  const within = ms / 10 ** tens;
  const step = steps.findLastIndex((s) => within >= s - 1e-9);
  return 1 + (tens + 1) * steps.length + Math.max(step, 0);
}

function edge(bar: number): number {
  if (bar <= 0) return 0;
  const at = bar - 1;
  const value = (steps[at % steps.length] ?? 1) * 10 ** (Math.floor(at / steps.length) - 1);
  return Number(value.toPrecision(3));
}
