import { Link, useNavigate } from "@tanstack/react-router";
import { CircleCheck, FilePlus2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useMemo } from "react";
import { OverviewDocument, RunningNowDocument, type RunningNowQuery } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useLiveRuns } from "@/graphql/useLiveRuns";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeBar, OutcomeCountsLine, OutcomeIcon } from "@/ui/Outcome";
import { isFinal } from "@/ui/looks";
import { Page, Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { Elapsed, RelativeTime } from "@/ui/Time";
import { formatDuration } from "@/ui/duration";
import { CapacityPanel } from "./CapacityPanel";
import { OutcomesPanel } from "./OutcomesPanel";
import { FlakyPanel, GatesPanel } from "./PlanPanels";
import { type Broken, brokenOf, flakyOf, gatedOf, totalsOf, trendOf } from "./stats";

const TrendChart = lazy(() => import("./TrendChart"));

/** How things are: what runs, what is broken, where it is heading. */
export function OverviewPage() {
  const [{ data, error }, read] = useKeptQuery({ query: OverviewDocument });
  const [{ data: now }, readNow] = useKeptQuery({ query: RunningNowDocument });
  const navigate = useNavigate();
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const againNow = useCallback(() => readNow({ requestPolicy: "network-only" }), [readNow]);
  usePolling(again, 15_000);
  usePolling(againNow, 4000);
  const runs = data?.runs.nodes;
  const trend = useMemo(() => trendOf(runs ?? []), [runs]);
  const broken = useMemo(() => brokenOf(runs ?? []), [runs]);
  const flaky = useMemo(() => flakyOf(runs ?? []), [runs]);
  const gated = useMemo(() => gatedOf(runs ?? []), [runs]);
  const totals = useMemo(() => totalsOf(runs ?? []), [runs]);
  const running = now?.runs.nodes.filter((run) => !isFinal(run.status)) ?? [];

  if (runs?.length === 0 && now && running.length === 0) return <Welcome capacity={<CapacityPanel capacity={now.capacity} />} />;
  return (
    <Page title="Overview" about={runs ? `The last ${totals.runs} runs that have ended` : "The last runs that have ended"}>
      {error && !runs ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : null}
      <div className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
        <div className="grid min-w-0 content-start gap-4">
          <dl className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-raised sm:grid-cols-4">
            <Figure name="Cases passed">{percent(totals.cases, runs)}</Figure>
            <Figure name="Runs passed">{percent(totals.passed, runs)}</Figure>
            <Figure name="Median duration">{runs ? (totals.medianMs === null ? "–" : formatDuration(totals.medianMs)) : null}</Figure>
            <Figure name="Flaky results">{runs ? totals.flaky : null}</Figure>
          </dl>
          <Panel
            title="Trend"
            actions={
              <span className="flex gap-3 text-xs text-soft">
                <span className="flex items-center gap-1.5"><span className="h-0.5 w-4 bg-accent" aria-hidden />Cases passed</span>
                <span className="flex items-center gap-1.5"><span className="w-4 border-t-2 border-dashed border-running" aria-hidden />Duration</span>
              </span>
            }
          >
            <div role="img" aria-label={`Pass rate and duration of the last ${trend.length} runs`} className="h-52">
              {runs ? (
                <Suspense fallback={<Skeleton className="h-52 w-full" />}>
                  <TrendChart points={trend} onOpen={(runId) => void navigate({ to: "/runs/$runId", params: { runId } })} />
                </Suspense>
              ) : (
                <Skeleton className="h-52 w-full" />
              )}
            </div>
          </Panel>
          <OutcomesPanel runs={runs ?? null} />
          <BrokenPanel broken={runs ? broken : null} />
        </div>
        <div className="grid min-w-0 content-start gap-4">
          <RunningPanel runs={now ? running : null} />
          <CapacityPanel capacity={now?.capacity ?? null} />
          <GatesPanel gated={runs ? gated : null} />
          <FlakyPanel flaky={runs ? flaky : null} />
        </div>
      </div>
    </Page>
  );
}

function percent(value: number | null, known: unknown): string | null {
  if (!known) return null;
  return value === null ? "–" : `${value.toFixed(value === 100 || value === 0 ? 0 : 1)} %`;
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="border-line px-3 py-2.5 not-first:border-l max-sm:odd:border-l-0 max-sm:nth-[n+3]:border-t">
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="text-xl font-semibold">{children ?? <Skeleton className="mt-1 h-5 w-20" />}</dd>
    </div>
  );
}

function BrokenPanel({ broken }: { broken: Broken[] | null }) {
  return (
    <Panel title="Does not pass now" flush>
      {broken === null ? (
        <div className="grid gap-3 p-3">
          <Skeleton className="h-8 w-full" />
          <Skeleton className="h-8 w-full" />
        </div>
      ) : broken.length === 0 ? (
        <p className="flex items-center gap-2 p-3 text-sm text-soft">
          <CircleCheck size={16} className="text-passed" aria-hidden /> The newest run of every plan has passed.
        </p>
      ) : (
        <ul>
          {broken.slice(0, 10).map(({ run, passedBefore, inARow }) => (
            <li key={run.id} className="relative flex items-center gap-3 border-t border-line px-3 py-2 first:border-t-0 hover:bg-hover">
              <OutcomeIcon state={run.status} />
              <span className="min-w-0 flex-1">
                <Link to="/runs/$runId" params={{ runId: run.id }} className="block truncate text-sm font-medium after:absolute after:inset-0">
                  {run.name}
                </Link>
                <span className="block truncate text-xs text-faint">
                  {run.environment ? `${run.environment} · ` : ""}
                  {passedBefore ? <>last passed <RelativeTime at={passedBefore.createdAt} /></> : "has not passed in these runs"}
                </span>
              </span>
              {inARow === 1 && passedBefore ? (
                <span className="tint rounded-full px-2 py-0.5 text-xs font-medium text-failed">New</span>
              ) : (
                <span className="text-xs whitespace-nowrap text-faint">{inARow} in a row</span>
              )}
              <OutcomeCountsLine counts={run.outcomeCounts} className="text-xs! max-sm:hidden" />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function RunningPanel({ runs }: { runs: RunningNowQuery["runs"]["nodes"] | null }) {
  useLiveRuns((runs ?? []).map(({ id }) => id));
  return (
    <Panel title="Running now" flush>
      {runs === null ? (
        <div className="p-3">
          <Skeleton className="h-10 w-full" />
        </div>
      ) : runs.length === 0 ? (
        <p className="p-3 text-sm text-faint">Nothing runs.</p>
      ) : (
        <ul>
          {runs.map((run) => (
            <li key={run.id} className="relative grid gap-1.5 border-t border-line px-3 py-2.5 first:border-t-0 hover:bg-hover">
              <span className="flex items-center gap-2">
                <OutcomeIcon state={run.status} />
                <Link to="/runs/$runId" params={{ runId: run.id }} className="min-w-0 flex-1 truncate text-sm font-medium after:absolute after:inset-0">
                  {run.name}
                </Link>
                <span className="text-xs text-faint">
                  {run.startedAt ? <Elapsed from={run.startedAt} /> : run.queuePosition ? `place ${run.queuePosition}` : null}
                </span>
              </span>
              <OutcomeBar counts={run.outcomeCounts} />
              <OutcomeCountsLine counts={run.outcomeCounts} className="text-xs!" />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Welcome({ capacity }: { capacity: ReactNode }) {
  return (
    <Page title="Overview">
      <div className="grid gap-4">
        <EmptyState
          icon={FilePlus2}
          title="Nothing has been run yet"
          action={
            <Button look="primary" asChild>
              <Link to="/plans/new">Write a plan</Link>
            </Button>
          }
        >
          Write a plan and start it: this page then tells what runs, what is broken and where things are heading.
        </EmptyState>
        {capacity}
      </div>
    </Page>
  );
}
