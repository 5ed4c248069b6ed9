import type { ComparedCaseFragment } from "@/gql/graphql";
import { isBad } from "@/ui/looks";

/** In the order in which they matter. */
export const changes = ["regressed", "failing", "fixed", "slower", "added", "removed", "same"] as const;
export type Change = (typeof changes)[number];

export interface ComparedPair {
  key: string;
  title: string;
  change: Change;
  before: ComparedCaseFragment | null;
  after: ComparedCaseFragment | null;
  /** The share by which it takes longer; null where the two cannot be compared. */
  longer: number | null;
}

/** A case counts as slower from half as long again, and not for a blink. */
const slowerShare = 0.5;
const slowerMs = 100;

/** The cases of two runs side by side, the most important changes first, and otherwise in the order of the later run. */
export function compareCases(before: ComparedCaseFragment[], after: ComparedCaseFragment[]): ComparedPair[] {
  const earlier = new Map(before.map((row) => [row.caseKey, row]));
  const later = new Set(after.map(({ caseKey }) => caseKey));
  const pairs = [
    ...after.map((row) => pairOf(earlier.get(row.caseKey) ?? null, row)),
    ...before.filter(({ caseKey }) => !later.has(caseKey)).map((row) => pairOf(row, null)),
  ];
  return pairs.map((pair, i) => ({ pair, i })).sort((a, b) => changes.indexOf(a.pair.change) - changes.indexOf(b.pair.change) || a.i - b.i).map(({ pair }) => pair);
}

function pairOf(before: ComparedCaseFragment | null, after: ComparedCaseFragment | null): ComparedPair {
  const row = after ?? before;
  const longer = before && after && passed(before) && passed(after) && before.durationMs > 0 ? after.durationMs / before.durationMs - 1 : null;
  return { key: row?.caseKey ?? "", title: row?.title ?? "", before, after, longer, change: changeOf(before, after, longer) };
}

function changeOf(before: ComparedCaseFragment | null, after: ComparedCaseFragment | null, longer: number | null): Change {
  if (!before) return "added";
  if (!after) return "removed";
  if (failed(after)) return failed(before) ? "failing" : "regressed";
  if (failed(before) && passed(after)) return "fixed";
  if (longer !== null && longer >= slowerShare && after.durationMs - before.durationMs >= slowerMs) return "slower";
  return "same";
}

const passed = ({ outcome }: ComparedCaseFragment) => outcome === "PASSED" || outcome === "FLAKY";
const failed = ({ outcome }: ComparedCaseFragment) => outcome != null && isBad(outcome);

export function countChanges(pairs: ComparedPair[]): Map<Change, number> {
  const counts = new Map<Change, number>();
  for (const { change } of pairs) counts.set(change, (counts.get(change) ?? 0) + 1);
  return counts;
}
