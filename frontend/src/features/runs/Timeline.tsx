import { useEffect, useMemo, useState } from "react";
import { useClient } from "urql";
import { RunAttemptsDocument, type RunAttemptsQuery } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { formatDuration } from "@/ui/duration";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { looks } from "@/ui/looks";
import { Skeleton } from "@/ui/Skeleton";
import { useNow } from "@/ui/useNow";
import { type Bar, barsOf, lanesOf, spanOf } from "./lanes";
import type { RunEvent } from "./live";

/** Cases that are read at once, and at most: more bars than pixels say nothing. */
const pageSize = 100;
const most = 1000;

interface Props {
  runId: string;
  events: RunEvent[];
  final: boolean;
  onOpen: (resultId: string) => void;
}

/** Who performed what, and when: a row for each worker, in lanes what went on at the same time. */
export function Timeline({ runId, events, final, onOpen }: Props) {
  const { results, more, error } = useAttempts(runId, final);
  const now = useNow(!final);
  const bars = useMemo(() => barsOf(results ?? [], events), [results, events]);
  const span = spanOf(bars, now);
  const workers = useMemo(() => lanesOf(bars, now), [bars, now]);
  if (error) return <ErrorNotice message={error} />;
  if (!results) return <Skeleton className="h-64 w-full" />;
  if (!span) return <p className="rounded-lg border border-dashed border-line p-10 text-center text-sm text-faint">No case has begun yet. As soon as a worker takes one, it is drawn here.</p>;
  const whole = span.to - span.from;
  return (
    <div className="rounded-lg border border-line bg-raised">
      <div aria-hidden className="flex justify-between border-b border-line px-4 py-1.5 text-xs text-faint tabular-nums">
        {[0, 0.25, 0.5, 0.75, 1].map((share) => <span key={share}>{formatDuration(Math.round(whole * share))}</span>)}
      </div>
      <ol aria-label="Workers" className="divide-y divide-line">
        {workers.map(({ worker, lanes, cases, busy }) => (
          <li key={worker} className="px-4 py-3">
            <p className="mb-1.5 flex flex-wrap gap-x-3 text-xs">
              <span className="font-mono text-soft">{worker}</span>
              <span className="text-faint">
                {cases} {cases === 1 ? "case" : "cases"}, {lanes.length} at once at most, busy {Math.round(100 * busy)} % of the time
              </span>
            </p>
            <div aria-hidden className="grid gap-0.5">
              {lanes.map((lane, i) => (
                <div key={i} className="relative h-3 overflow-hidden rounded-sm bg-sunken">
                  {lane.map((bar) => <Piece key={bar.key} bar={bar} from={span.from} whole={whole} now={now} onOpen={onOpen} />)}
                </div>
              ))}
            </div>
          </li>
        ))}
      </ol>
      {more ? <p className="border-t border-line px-4 py-2 text-xs text-faint">The first {most} cases of the plan are drawn.</p> : null}
    </div>
  );
}

// By the mouse alone: the list of cases has the same for keys and for readers.
function Piece({ bar, from, whole, now, onOpen }: { bar: Bar; from: number; whole: number; now: number; onOpen: (resultId: string) => void }) {
  const state = bar.outcome ?? (bar.to === null ? "RUNNING" : "QUEUED");
  const ms = (bar.to ?? now) - bar.from;
  return (
    <div
      title={`${bar.title}${bar.attempt > 1 ? `, try ${bar.attempt}` : ""}: ${bar.outcome || bar.to === null ? looks[state].word.toLowerCase() : "given back"}, ${formatDuration(Math.max(ms, 0))}`}
      onClick={() => onOpen(bar.resultId)}
      className={`absolute inset-y-0 min-w-0.5 cursor-pointer rounded-xs border-r border-raised hover:opacity-75 ${looks[state].ground}`}
      style={{ left: `${(100 * (bar.from - from)) / whole}%`, width: `${Math.max((100 * ms) / whole, 0)}%` }}
    />
  );
}

type Results = NonNullable<RunAttemptsQuery["run"]>["results"]["nodes"];

// Read once, and once more when the run has ended: events tell the rest.
function useAttempts(runId: string, final: boolean) {
  const client = useClient();
  const [read, setRead] = useState<{ results: Results | null; more: boolean; error: string | null }>({ results: null, more: false, error: null });
  useEffect(() => {
    let left = false;
    const readPage = async (after: string | null): Promise<RunAttemptsQuery["run"]> => {
      const { data, error } = await client.query(RunAttemptsDocument, { id: runId, first: pageSize, after }, { requestPolicy: "network-only" }).toPromise();
      if (error) throw new Error(messageOf(error));
      return data?.run ?? null;
    };
    const all = async () => {
      const results: Results = [];
      let after: string | null = null;
      for (;;) {
        const page = await readPage(after);
        if (left) return;
        results.push(...(page?.results.nodes ?? []));
        after = page?.results.pageInfo.endCursor ?? null;
        const last = !page?.results.pageInfo.hasNextPage;
        if (last || results.length >= most) {
          setRead({ results, more: !last, error: null });
          return;
        }
      }
    };
    all().catch((error: unknown) => {
      if (!left) setRead((before) => ({ ...before, error: error instanceof Error ? error.message : String(error) }));
    });
    return () => {
      left = true;
    };
  }, [client, runId, final]);
  return read;
}
