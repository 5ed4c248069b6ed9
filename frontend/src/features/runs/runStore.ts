import type { Client } from "urql";
import { RunEventsDocument, RunProgressDocument, RunResultsDocument, type RunResultsQuery } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { isFinal } from "@/ui/looks";
import { afterEvent, afterProgress, fromResult, type LiveCase, type Progress, type RunEvent } from "./live";

/** Cases that are read at once. */
const pageSize = 100;
/** Events that the log keeps. */
const logLength = 500;

export interface RunView {
  /** In the plan's order. */
  rows: LiveCase[];
  /** Whether all cases have been read. */
  complete: boolean;
  /** The newest events, the oldest first. */
  log: RunEvent[];
  /** Number of the last event that the rows include. */
  seq: number;
  /** Number of the last event that there is, as far as is known. */
  lastSeq: number;
  /** Since when the two differ; null while they do not. */
  behindSince: number | null;
  progress: Progress | null;
  /** Changes whenever something happened that the run itself should be read anew for. */
  turns: number;
  /** Whether the run's last event has come. */
  ended: boolean;
  error: string | null;
}

export interface RunStore {
  get: () => RunView;
  subscribe: (listener: () => void) => () => void;
  /** Begins to read and to follow; the result ends that. */
  open: () => () => void;
}

/**
 * Keeps the cases of a run: read in pages, brought forward by events without a
 * gap. Changes are shown together, some ten times a second however many events come.
 */
export function createRunStore(client: Client, runId: string, frame: (draw: () => void) => void = paced()): RunStore {
  const rows = new Map<string, LiveCase>();
  const early = new Map<string, RunEvent[]>(); // of cases that are not read yet
  let log: RunEvent[] = [];
  let view: RunView = { rows: [], complete: false, log: [], seq: 0, lastSeq: 0, behindSince: null, progress: null, turns: 0, ended: false, error: null };
  let next: Partial<RunView> = {};
  let scheduled = false;
  let closed = false;
  const listeners = new Set<() => void>();

  const change = (part: Partial<RunView>) => {
    next = { ...next, ...part };
    if (scheduled) return;
    scheduled = true;
    frame(() => {
      scheduled = false;
      if (closed) return;
      const merged = { ...view, ...next };
      next = {};
      const behind = merged.seq < merged.lastSeq;
      view = {
        ...merged,
        rows: [...rows.values()].sort((a, b) => a.ordinal - b.ordinal),
        log,
        behindSince: behind ? (view.behindSince ?? Date.now()) : null,
      };
      for (const listener of listeners) listener();
    });
  };
  const current = (): RunView => ({ ...view, ...next });

  const put = (row: LiveCase) => {
    const known = rows.get(row.id);
    if (known?.status === "FINISHED" && row.status !== "FINISHED") return;
    let brought = known && known.status !== "FINISHED" && row.status !== "FINISHED" ? { ...row, attempt: known.attempt, observed: known.observed, status: known.status } : row;
    for (const event of early.get(row.id) ?? []) brought = afterEvent(brought, event);
    early.delete(row.id);
    rows.set(row.id, brought);
  };

  const onEvent = (event: RunEvent) => {
    const state = current();
    if (event.seq <= state.seq) return; // of the time before a reconnect
    if (event.resultId) {
      const row = rows.get(event.resultId);
      if (row) rows.set(row.id, afterEvent(row, event));
      else if (!state.complete) early.set(event.resultId, [...(early.get(event.resultId) ?? []), event]);
    }
    log = log.length < logLength ? [...log, event] : [...log.slice(1 - logLength), event];
    change({
      seq: event.seq,
      lastSeq: Math.max(state.lastSeq, event.seq),
      turns: state.turns + (event.type.startsWith("RUN_") ? 1 : 0),
      ended: state.ended || event.type === "RUN_FINISHED",
    });
  };

  const onProgress = (progress: Progress) => {
    const now = Date.now();
    for (const running of progress.running) {
      const row = rows.get(running.resultId);
      if (row) rows.set(row.id, afterProgress(row, running, now));
    }
    change({ progress, lastSeq: Math.max(current().lastSeq, progress.lastSeq) });
  };

  const readPage = async (after: string | null): Promise<RunResultsQuery["run"]> => {
    const variables = { id: runId, first: pageSize, after };
    const { data, error } = await client.query(RunResultsDocument, variables, { requestPolicy: "network-only" }).toPromise();
    if (error) throw new Error(messageOf(error));
    return data?.run ?? null;
  };

  const read = async (): Promise<{ lastSeq: number; ended: boolean } | null> => {
    let after: string | null = null;
    let first: { lastSeq: number; ended: boolean } | null = null;
    for (;;) {
      const page = await readPage(after);
      if (closed || !page) return null;
      const { results, lastSeq, status } = page;
      for (const row of results.nodes) put(fromResult(row));
      if (!first) {
        first = { lastSeq, ended: isFinal(status) };
        follow(Math.max(lastSeq - logLength, 0), first.ended);
      }
      if (!results.pageInfo.hasNextPage) break;
      change({});
      after = results.pageInfo.endCursor ?? null;
    }
    change({ complete: true, error: null });
    return first;
  };

  const ends: (() => void)[] = [];
  const follow = (after: number, ended: boolean) => {
    const events = client.subscription(RunEventsDocument, { runId, after }).subscribe(({ data, error }) => {
      if (error) change({ error: messageOf(error) });
      else if (data) onEvent(data.runEvents);
    });
    ends.push(() => events.unsubscribe());
    if (ended) return;
    const progress = client.subscription(RunProgressDocument, { runId }).subscribe(({ data }) => {
      if (data) onProgress(data.runProgress);
    });
    ends.push(() => progress.unsubscribe());
  };

  return {
    get: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open() {
      closed = false;
      let retry: ReturnType<typeof setTimeout> | undefined;
      const attempt = () => {
        read().catch((error: unknown) => {
          if (closed) return;
          change({ error: error instanceof Error ? error.message : String(error) });
          for (const end of ends.splice(0)) end();
          retry = setTimeout(attempt, 2000);
        });
      };
      attempt();
      return () => {
        closed = true;
        clearTimeout(retry);
        for (const end of ends.splice(0)) end();
      };
    },
  };
}

/** Milliseconds from one drawing to the next: nobody reads faster, and most frames stay free for who scrolls and types. */
const pace = 100;

function paced(): (draw: () => void) => void {
  let last = -pace;
  return (draw) => {
    // A hidden page has no frames, and its counts must not wait for one.
    if (document.visibilityState !== "visible") {
      setTimeout(draw, 500);
      return;
    }
    const show = () =>
      requestAnimationFrame(() => {
        last = performance.now();
        draw();
      });
    const wait = last + pace - performance.now();
    if (wait > 0) setTimeout(show, wait);
    else show();
  };
}
