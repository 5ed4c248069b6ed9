import { Link } from "@tanstack/react-router";
import type { RunRowFragment } from "@/gql/graphql";
import { useLiveRuns } from "@/graphql/useLiveRuns";
import { OutcomeBadge, OutcomeBar, OutcomeCountsLine, OutcomeIcon } from "@/ui/Outcome";
import { isFinal } from "@/ui/looks";
import { Elapsed, RelativeTime } from "@/ui/Time";

/** Runs as a list, each a link to its page. The counts of those under way are live. */
export function RunRows({ runs }: { runs: RunRowFragment[] }) {
  useLiveRuns(runs.filter((run) => !isFinal(run.status)).map((run) => run.id));
  return (
    <ul className="overflow-hidden rounded-lg border border-line bg-raised">
      {runs.map((run) => (
        <RunRow key={run.id} run={run} />
      ))}
    </ul>
  );
}

function RunRow({ run }: { run: RunRowFragment }) {
  return (
    <li className="relative grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 border-t border-line px-3 py-2 first:border-t-0 hover:bg-hover md:grid-cols-[7.5rem_minmax(0,1fr)_minmax(9rem,15rem)_6rem_6.5rem]">
      <span className="hidden md:block">
        <OutcomeBadge state={run.status} />
      </span>
      <OutcomeIcon state={run.status} className="md:hidden" />
      <span className="min-w-0">
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {run.name}
        </Link>
        <span className="flex min-w-0 gap-x-2 truncate text-xs text-faint">
          <span>v{run.planVersion.number}</span>
          {run.environment ? <span className="truncate">{run.environment}</span> : null}
          {run.origin !== "CALLER" ? <span>by {run.origin.toLowerCase()}</span> : null}
          {run.queuePosition ? <span>place {run.queuePosition} in the queue</span> : null}
        </span>
      </span>
      <span className="col-span-2 col-start-2 row-start-2 grid gap-1 md:col-span-1 md:col-start-auto md:row-start-auto">
        <OutcomeBar counts={run.outcomeCounts} />
        <OutcomeCountsLine counts={run.outcomeCounts} className="text-xs!" />
      </span>
      <span className="hidden text-right text-soft md:block">{run.startedAt ? <Elapsed from={run.startedAt} to={run.finishedAt} /> : "–"}</span>
      <span className="text-right text-xs text-faint">
        <RelativeTime at={run.createdAt} />
      </span>
    </li>
  );
}
