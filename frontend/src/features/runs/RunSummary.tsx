import { Clock3 } from "lucide-react";
import type { ReactNode } from "react";
import type { RunDetailFragment } from "@/gql/graphql";
import { Gates } from "@/ui/Gates";
import { OutcomeBar, OutcomeCountsLine } from "@/ui/Outcome";
import { isFinal } from "@/ui/looks";
import { Elapsed, RelativeTime } from "@/ui/Time";
import { LiveNotice } from "./LiveNotice";
import type { RunView } from "./runStore";

/** How the run does, on one strip whose parts keep their places while it goes on. */
export function RunSummary({ run, view }: { run: RunDetailFragment; view: RunView }) {
  const counts = run.outcomeCounts;
  const share = counts.total === 0 ? 0 : Math.floor((counts.finished / counts.total) * 100);
  return (
    <section aria-label="Summary" className="mb-3 grid gap-3 rounded-lg border border-line bg-raised p-3">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-2 max-sm:grid max-sm:grid-cols-2">
        <Figure name="Finished">
          {counts.finished}
          <span className="text-base font-normal text-faint"> of {counts.total}</span>
        </Figure>
        <Figure name="Pass rate">{passRate(run)}</Figure>
        <Figure name="Duration">{run.startedAt ? <Elapsed from={run.startedAt} to={run.finishedAt} /> : "–"}</Figure>
        <Figure name="At once">{isFinal(run.status) ? run.parallel : `${view.progress?.running.length ?? 0} of ${run.parallel}`}</Figure>
        <Load view={view} />
      </div>
      <div className="grid gap-1.5">
        <OutcomeBar counts={counts} className="h-3!" />
        <div className="flex flex-wrap items-center justify-between gap-x-4">
          <OutcomeCountsLine counts={counts} />
          {isFinal(run.status) ? null : (
            <>
              <LiveNotice view={view} />
              <span className="text-sm text-faint">{share} %</span>
            </>
          )}
        </div>
      </div>
      {run.gates.length > 0 ? <Gates gates={run.gates} /> : null}
      {isFinal(run.status) ? (run.stopReason ? <p className="text-sm text-soft">{stopped[run.stopReason]}</p> : null) : <Waiting run={run} />}
    </section>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-20">
      <div className="text-xs text-faint">{name}</div>
      <div className="text-lg font-semibold">{children}</div>
    </div>
  );
}

function passRate({ outcomeCounts: { finished, skipped, cancelled, passed, flaky } }: RunDetailFragment): string {
  const judged = finished - skipped - cancelled;
  return judged > 0 ? `${(((passed + flaky) / judged) * 100).toFixed(judged > 200 ? 1 : 0)} %` : "–";
}

// The loudest of the loads that are under way.
function Load({ view }: { view: RunView }) {
  const pulse = view.progress?.running.map((r) => r.load).filter((l) => l != null).sort((a, b) => b.rate - a.rate)[0];
  if (!pulse) return null;
  return (
    <>
      <Figure name="Requests/s">{pulse.rate.toFixed(0)}</Figure>
      <Figure name="p95">{pulse.p95.toFixed(0)} ms</Figure>
      <Figure name="Failed">{(pulse.failed * 100).toFixed(1)} %</Figure>
      <Figure name="Virtual users">{pulse.vus}</Figure>
    </>
  );
}

const stopped: Record<NonNullable<RunDetailFragment["stopReason"]>, string> = {
  ASKED: "Somebody stopped it.",
  SUPERSEDED: "A later run took its place.",
  TIMEOUT: "It reached its limit of time.",
  MAX_FAILURES: "As many cases failed as the plan allows.",
};

function Waiting({ run }: { run: RunDetailFragment }) {
  if (!run.queuePosition && run.waitingFor.length === 0) return null;
  return (
    <ul aria-label="Waits for" className="grid gap-0.5 text-sm text-soft">
      {run.queuePosition ? (
        <li className="flex items-center gap-1.5">
          <Clock3 size={14} className="shrink-0 text-faint" aria-hidden />
          <span>
            Place {run.queuePosition} in the queue
            {run.estimatedStart ? <>, expected to begin <RelativeTime at={run.estimatedStart} /></> : null}
          </span>
        </li>
      ) : null}
      {run.waitingFor.map(({ reason, detail, until }) => (
        <li key={reason} className="flex items-center gap-1.5">
          <Clock3 size={14} className="shrink-0 text-faint" aria-hidden />
          <span>
            {detail} {until ? <>(looked at again <RelativeTime at={until} />)</> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
