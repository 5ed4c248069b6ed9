import type { Outcome, RunAttemptsQuery } from "@/gql/graphql";
import type { RunEvent } from "./live";

/** An attempt as a bar: when a worker performed it. Times are in milliseconds since 1970. */
export interface Bar {
  key: string;
  resultId: string;
  caseKey: string;
  title: string;
  attempt: number;
  worker: string;
  from: number;
  /** Null while it goes on. */
  to: number | null;
  /** Null while it goes on, or where its end says nothing of the case. */
  outcome: Outcome | null;
}

/** A worker with its bars in lanes, in which none covers another. */
export interface Lanes {
  worker: string;
  lanes: Bar[][];
  cases: number;
  /** The time in which it performed at least one case, as a share of the whole. */
  busy: number;
}

type Read = NonNullable<NonNullable<RunAttemptsQuery["run"]>["results"]["nodes"][number]>;

const keyOf = (resultId: string, attempt: number) => `${resultId} ${attempt}`;

/** The attempts that were read, brought forward by events. */
export function barsOf(results: Read[], events: RunEvent[]): Bar[] {
  const bars = new Map<string, Bar>();
  for (const { id, caseKey, title, attempts } of results) {
    for (const { number, outcome, workerId, startedAt, finishedAt } of attempts) {
      const key = keyOf(id, number);
      bars.set(key, { key, resultId: id, caseKey, title, attempt: number, worker: workerId, from: Date.parse(startedAt), to: Date.parse(finishedAt), outcome });
    }
  }
  for (const event of events) {
    const { resultId, attempt, workerId, type } = event;
    if (!resultId || !attempt) continue;
    const key = keyOf(resultId, attempt);
    const known = bars.get(key);
    if (type === "CASE_STARTED") {
      if (known || !workerId) continue;
      bars.set(key, {
        key, resultId, caseKey: event.caseKey ?? "", title: event.title ?? event.caseKey ?? "", attempt, worker: workerId, from: Date.parse(event.at), to: null, outcome: null,
      });
    } else if (known?.to === null && (type === "CASE_FINISHED" || type === "CASE_RETRIED" || type === "CASE_REQUEUED")) {
      bars.set(key, { ...known, to: Date.parse(event.at), outcome: event.outcome ?? null });
    }
  }
  return [...bars.values()].sort((a, b) => a.from - b.from || a.key.localeCompare(b.key));
}

/** When the first bar begins and the last one ends; null without bars. */
export function spanOf(bars: Bar[], now: number): { from: number; to: number } | null {
  const [first] = bars;
  if (!first) return null;
  return { from: first.from, to: Math.max(first.from + 1, ...bars.map((bar) => bar.to ?? now)) };
}

/** The workers in the order in which they began. Bars are in the order of barsOf. */
export function lanesOf(bars: Bar[], now: number): Lanes[] {
  const span = spanOf(bars, now);
  if (!span) return [];
  const workers = new Map<string, Bar[]>();
  for (const bar of bars) workers.set(bar.worker, [...(workers.get(bar.worker) ?? []), bar]);
  return [...workers].map(([worker, own]) => {
    const lanes: Bar[][] = [];
    let busy = 0;
    let until = -Infinity;
    for (const bar of own) {
      const to = bar.to ?? now;
      const free = lanes.find((lane) => (lane.at(-1)?.to ?? Infinity) <= bar.from);
      if (free) free.push(bar);
      else lanes.push([bar]);
      busy += Math.max(0, to - Math.max(until, bar.from));
      until = Math.max(until, to);
    }
    return { worker, lanes, cases: new Set(own.map((bar) => bar.resultId)).size, busy: busy / (span.to - span.from) };
  });
}
