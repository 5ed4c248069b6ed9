import type { CaseRowFragment, RunEventsSubscription, RunProgressSubscription } from "@/gql/graphql";
import type { ObservedStep } from "@/ui/steps";

export type RunEvent = RunEventsSubscription["runEvents"];
export type Progress = RunProgressSubscription["runProgress"];

/** A case as the page shows it: what was read of it, brought forward by events. */
export interface LiveCase extends CaseRowFragment {
  attempt: number;
  /** Steps of the attempt under way, as progress has told them. */
  observed: ObservedStep[];
}

export function fromResult(row: CaseRowFragment): LiveCase {
  return { ...row, attempt: 0, observed: [] };
}

/**
 * A case after an event. What was read may be newer than the event, so an
 * outcome is never taken back: it is the last thing that happens to a case.
 */
export function afterEvent(row: LiveCase, event: RunEvent): LiveCase {
  if (row.status === "FINISHED") return row;
  const attempt = event.attempt ?? row.attempt;
  switch (event.type) {
    case "CASE_STARTED":
      return { ...row, status: "RUNNING", attempt, startedAt: row.startedAt ?? event.at, observed: attempt === row.attempt ? row.observed : [] };
    case "CASE_RETRIED":
    case "CASE_REQUEUED":
      return { ...row, status: "QUEUED", attempt, error: event.error ?? row.error, observed: [] };
    case "CASE_FINISHED":
      return {
        ...row,
        status: "FINISHED",
        attempt,
        outcome: event.outcome ?? null,
        error: event.error ?? "",
        durationMs: event.durationMs ?? row.durationMs,
        observed: [],
      };
    default:
      return row;
  }
}

/** A case under way after a snapshot of the run's progress, taken at `now`. */
export function afterProgress(row: LiveCase, running: Progress["running"][number], now: number): LiveCase {
  if (row.status === "FINISHED" || running.attempt < row.attempt) return row;
  const again = running.attempt > row.attempt;
  const before = again ? [] : row.observed;
  const last = before.at(-1);
  const index = running.step ?? null;
  const next: LiveCase = { ...row, status: "RUNNING", attempt: running.attempt, startedAt: row.startedAt ?? running.startedAt };
  if (index === null || last?.index === index) return row.status === "RUNNING" && !again ? row : { ...next, observed: before };
  const of = running.steps ?? null;
  const ended = before.map((step) => (step.endedAt === null ? { ...step, endedAt: now } : step));
  // Snapshots are taken now and then: steps between two of them have passed
  // unseen, and nobody knows their names and times yet.
  const from = last ? last.index + 1 : 0;
  const unseen = Array.from({ length: Math.max(index - from, 0) }, (_, i) => ({ index: from + i, of, name: "", startedAt: now, endedAt: now }));
  return { ...next, observed: [...ended, ...unseen, { index, of, name: running.stepName ?? `Step ${index + 1}`, startedAt: now, endedAt: null }] };
}

export type Order = "plan" | "failures";

export interface CaseFilter {
  /** Part of the title, the key or the error. */
  text: string;
  /** Outcomes, or RUNNING and WAITING; empty keeps all. */
  states: CaseState[];
  order: Order;
}

/** What a case is filtered by. */
export type CaseState = NonNullable<CaseRowFragment["outcome"]> | "RUNNING" | "WAITING";

export function stateOf(row: Pick<LiveCase, "status" | "outcome">): CaseState {
  if (row.outcome) return row.outcome;
  return row.status === "RUNNING" ? "RUNNING" : "WAITING";
}

const urgency: Record<CaseState, number> = {
  FAILED: 0, TIMED_OUT: 1, ERRORED: 2, FLAKY: 3, RUNNING: 4, WAITING: 5, CANCELLED: 6, SKIPPED: 7, PASSED: 8,
};

/** The cases that a filter keeps, in its order. */
export function choose(rows: LiveCase[], { text, states, order }: CaseFilter): LiveCase[] {
  const wanted = text.trim().toLowerCase();
  const kept = rows.filter(
    (row) =>
      (states.length === 0 || states.includes(stateOf(row))) &&
      (!wanted || row.title.toLowerCase().includes(wanted) || row.caseKey.toLowerCase().includes(wanted) || row.error.toLowerCase().includes(wanted)),
  );
  if (order === "plan") return kept;
  return kept.sort((a, b) => urgency[stateOf(a)] - urgency[stateOf(b)] || a.ordinal - b.ordinal);
}

export function countStates(rows: LiveCase[]): Map<CaseState, number> {
  const counts = new Map<CaseState, number>();
  for (const row of rows) counts.set(stateOf(row), (counts.get(stateOf(row)) ?? 0) + 1);
  return counts;
}
