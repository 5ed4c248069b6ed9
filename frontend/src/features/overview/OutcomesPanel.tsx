import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { type KeyboardEvent, useRef, useState } from "react";
import { looks, outcomes } from "@/ui/looks";
import { describeCounts } from "@/ui/Outcome";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import type { PastRun } from "./stats";

const most = 40;

/** What became of the cases of the newest runs, a column for each; the newest stands at the right. */
export function OutcomesPanel({ runs }: { runs: PastRun[] | null }) {
  const shown = (runs ?? []).slice(0, most).reverse();
  const list = useRef<HTMLOListElement>(null);
  const [at, setAt] = useState<number | null>(null);
  // One stop of Tab for all of them; arrows go from one to the next.
  const current = Math.min(at ?? shown.length - 1, shown.length - 1);
  const move = (event: KeyboardEvent) => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: shown.length - 1 }[event.key];
    const link = to === undefined ? null : list.current?.children[to]?.querySelector("a");
    if (to === undefined || !link) return;
    event.preventDefault();
    setAt(to);
    link.focus();
  };
  const there = outcomes.filter(({ count }) => shown.some(({ outcomeCounts }) => outcomeCounts[count] > 0));
  return (
    <Panel
      title="Outcomes"
      actions={
        <span className="flex min-h-4 flex-wrap gap-x-3 text-xs text-soft">
          {there.map(({ outcome }) => (
            <span key={outcome} className="flex items-center gap-1.5"><span className={clsx("size-2.5 rounded-[3px]", looks[outcome].ground)} aria-hidden />{looks[outcome].word}</span>
          ))}
        </span>
      }
    >
      {runs === null ? (
        <Skeleton className="h-24 w-full" />
      ) : (
        <ol ref={list} aria-label={`Outcomes of the last ${shown.length} runs, the newest at the end`} onKeyDown={move} className="flex h-24 gap-px sm:gap-0.5">
          {shown.map((run, i) => {
            const { id, name, status, outcomeCounts: counts } = run;
            const told = `${name}, ${looks[status].word.toLowerCase()}: ${describeCounts(counts)}`;
            return (
              <li key={id} className="h-full max-w-8 min-w-0 flex-1">
                <Link to="/runs/$runId" params={{ runId: id }} aria-label={told} title={told} tabIndex={i === current ? 0 : -1} onFocus={() => setAt(i)} className="flex h-full flex-col-reverse gap-px overflow-hidden rounded-xs hover:opacity-75">
                  {[...outcomes].reverse().map(({ outcome, count }) =>
                    counts[count] > 0 ? <span key={outcome} className={clsx("min-h-[3px] w-full basis-0", looks[outcome].ground)} style={{ flexGrow: counts[count] }} /> : null,
                  )}
                  {counts.total === 0 ? <span className="h-full w-full bg-line" /> : null}
                </Link>
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}
