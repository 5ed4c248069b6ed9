import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useQuery } from "urql";
import { CaseHistoryDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeIcon } from "@/ui/Outcome";
import { looks } from "@/ui/looks";
import { Skeleton } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { formatDuration } from "@/ui/duration";
import { factsOf, type Past } from "./history";

const length = 40;

/** How the case did in the runs before: how often it passes, how often it turns, and how long it takes. */
export function History({ resultId }: { resultId: string }) {
  const [{ data, error }, read] = useQuery({ query: CaseHistoryDocument, variables: { id: resultId, first: length } });
  const history = data?.result?.history;
  if (!history) {
    return error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : <Skeleton className="h-56 w-full" />;
  }
  if (history.length < 2) {
    return <p className="rounded-lg border border-dashed border-line p-8 text-center text-sm text-faint">This is the first run of the case in this plan and environment. Start the plan again, and what changes from run to run is shown here.</p>;
  }
  const facts = factsOf(history);
  const share = (n: number) => `${Math.round((n / history.length) * 100)} %`;
  return (
    <section aria-label="History" className="grid gap-3">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-4">
        <Figure name="Passed">{share(facts.passed)}<Small>of {history.length} runs</Small></Figure>
        <Figure name="Needed a retry">{share(facts.flaky)}</Figure>
        <Figure name="Turns">{Math.round(facts.flipRate * 100)} %<Small>from run to run</Small></Figure>
        <Figure name="Usual duration">
          {facts.medianMs === null ? "–" : formatDuration(facts.medianMs)}
          {facts.change !== null && Math.abs(facts.change) >= 0.1 ? (
            <Small className={facts.change > 0 ? "text-timed-out!" : "text-passed!"}>{facts.change > 0 ? "+" : "−"}{Math.abs(Math.round(facts.change * 100))} % now</Small>
          ) : null}
        </Figure>
      </dl>
      <Trend history={history} />
      <ol aria-label="Results of the case" className="max-h-80 overflow-y-auto rounded-lg border border-line bg-raised">
        {history.map((past) => (
          <li key={past.id} className={clsx("relative flex min-h-10 items-center gap-2.5 border-t border-line px-3 py-1 text-sm first:border-t-0 hover:bg-hover", past.id === resultId && "bg-accent-ground")}>
            {past.outcome ? <OutcomeIcon state={past.outcome} /> : null}
            <span className="min-w-0 flex-1">
              <Link to="/runs/$runId/results/$resultId" params={{ runId: past.run.id, resultId: past.id }} className="block truncate after:absolute after:inset-0">
                Version {past.run.planVersion.number} {past.id === resultId ? <span className="text-xs text-faint">this one</span> : null}
              </Link>
              {past.error ? <span className="block truncate text-xs text-failed">{past.error}</span> : null}
            </span>
            <span className="text-xs whitespace-nowrap text-faint">{formatDuration(past.durationMs)}</span>
            <span className="w-24 text-right text-xs text-faint">{past.startedAt ? <RelativeTime at={past.startedAt} /> : null}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="bg-raised px-3 py-2">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="flex flex-wrap items-baseline gap-x-1.5 text-lg font-semibold">{children}</dd>
    </div>
  );
}

function Small({ className, children }: { className?: string; children: React.ReactNode }) {
  return <span className={clsx("text-xs font-normal text-faint", className)}>{children}</span>;
}

// The oldest at the left; the height tells the duration.
function Trend({ history }: { history: Past[] }) {
  const longest = Math.max(...history.map(({ durationMs }) => durationMs), 1);
  return (
    <div className="flex h-24 items-end gap-1 rounded-lg border border-line bg-raised p-3" role="img" aria-label={`Durations of the last ${history.length} runs, the longest ${formatDuration(longest)}`}>
      {history.toReversed().map(({ id, outcome, durationMs }) => (
        <span key={id} title={`${outcome ? looks[outcome].word : ""}, ${formatDuration(durationMs)}`} className={clsx("max-w-6 flex-1 rounded-[2px]", outcome ? looks[outcome].ground : "bg-idle")} style={{ height: `${Math.max((durationMs / longest) * 100, 4)}%` }} />
      ))}
    </div>
  );
}
