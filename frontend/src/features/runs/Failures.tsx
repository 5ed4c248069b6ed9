import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import { useMemo } from "react";
import { useQuery } from "urql";
import { FailuresBeforeDocument, type RunDetailFragment } from "@/gql/graphql";
import { EmptyState } from "@/ui/EmptyState";
import { OutcomeIcon } from "@/ui/Outcome";
import { isFinal } from "@/ui/looks";
import { Skeleton } from "@/ui/Skeleton";
import { FailureGroups } from "./FailureGroups";
import { clustersOf } from "./failures";
import type { RunView } from "./runStore";

const shownCases = 12;

/** Why cases failed. The server tells it of a run that has ended; until then the page puts together what looks like one reason. */
export function Failures({ run, view }: { run: RunDetailFragment; view: RunView }) {
  return isFinal(run.status) ? <FailureGroups runId={run.id} otherwise={<LiveFailures run={run} view={view} />} /> : <LiveFailures run={run} view={view} />;
}

function LiveFailures({ run, view }: { run: RunDetailFragment; view: RunView }) {
  const clusters = useMemo(() => clustersOf(view.rows), [view.rows]);
  const [{ data }] = useQuery({ query: FailuresBeforeDocument, variables: { planId: run.plan.id }, pause: clusters.length === 0 });
  // Known is what failed in an earlier one of the plan's newest runs; without an earlier one nothing is new.
  const known = useMemo(() => {
    const earlier = data?.runs.nodes.filter((r) => r.id !== run.id && r.createdAt < run.createdAt && r.environment === run.environment && isFinal(r.status));
    return earlier && earlier.length > 0 ? new Set(earlier.flatMap((r) => clustersOf(r.results.nodes).map(({ signature }) => signature))) : null;
  }, [data, run]);
  if (clusters.length === 0) {
    if (!view.complete) return <Skeleton className="h-40 w-full" />;
    return (
      <EmptyState icon={CircleCheck} title={isFinal(run.status) ? "Nothing failed" : "Nothing has failed so far"}>
        Cases that fail for one reason are put together here.
      </EmptyState>
    );
  }
  return (
    <ol aria-label="Failures" className="grid gap-3">
      {clusters.map(({ signature, error, rows }) => (
        <li key={signature} className="min-w-0 rounded-lg border border-line bg-raised">
          <div className="flex items-start gap-3 px-3 py-2.5">
            <span className="min-w-10 text-lg leading-6 font-semibold text-failed">{rows.length}×</span>
            <p className="min-w-0 flex-1 text-sm break-words">{error || "It says no reason."}</p>
            {known === null ? null : known.has(signature) ? <span className="text-xs text-faint">known</span> : <span className="tint rounded-full px-2 py-0.5 text-xs font-medium text-failed">New</span>}
          </div>
          <ul className="border-t border-line">
            {rows.slice(0, shownCases).map((row) => (
              <li key={row.id} className="relative flex min-h-9 items-center gap-2.5 border-t border-line px-3 text-sm first:border-t-0 hover:bg-hover">
                {row.outcome ? <OutcomeIcon state={row.outcome} size={15} /> : null}
                <Link to="/runs/$runId/results/$resultId" params={{ runId: run.id, resultId: row.id }} className="min-w-0 flex-1 truncate after:absolute after:inset-0">{row.title}</Link>
                <span className="max-w-[40%] truncate text-xs text-faint">{row.caseKey}</span>
              </li>
            ))}
          </ul>
          {rows.length > shownCases ? (
            <p className="border-t border-line px-3 py-2 text-xs text-faint">
              {rows.length - shownCases} more. <Link to="/runs/$runId" params={{ runId: run.id }} search={{ q: error.slice(0, 60) }} className="link">All of them among the cases</Link>
            </p>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
