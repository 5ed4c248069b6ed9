import { Link } from "@tanstack/react-router";
import { Eye, GitCompareArrows, SearchX } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient } from "urql";
import { type RunDetailFragment, RunDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeBadge } from "@/ui/Outcome";
import { isFinal } from "@/ui/looks";
import { Page } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { Tabs } from "@/ui/Tabs";
import { RelativeTime } from "@/ui/Time";
import { CaseBrowser } from "./CaseBrowser";
import { EventLog } from "./EventLog";
import { Failures } from "./Failures";
import type { CaseState, LiveCase, Order } from "./live";
import { RunActions } from "./RunActions";
import { createRunStore, type RunView } from "./runStore";
import { RunSummary } from "./RunSummary";
import { Timeline } from "./Timeline";

/** What the address says of the page. */
export interface RunPageSearch {
  /** The result that is shown beside the cases. */
  case?: string | undefined;
  q?: string | undefined;
  state?: CaseState[] | undefined;
  order?: Order | undefined;
  view?: "log" | "failures" | "quality" | "workers" | undefined;
}

interface Props {
  runId: string;
  search: RunPageSearch;
  onSearch: (change: RunPageSearch) => void;
  /** Opens a case on a page of its own, where there is no room beside the list. */
  onOpen: (resultId: string) => void;
  /** Shows one case; the route knows how. */
  renderCase: (row: LiveCase) => ReactNode;
  /** Shows how the run is assessed; the route knows how. */
  renderQuality: (run: RunDetailFragment) => ReactNode;
}

export function RunPage(props: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: RunDocument, variables: { id: props.runId } });
  const run = data?.run;
  const again = () => read({ requestPolicy: "network-only" });
  if (run) return <Run {...props} run={run} again={again} />;
  if (error) {
    return (
      <Page title="Run">
        <ErrorNotice message={messageOf(error)} onRetry={again} />
      </Page>
    );
  }
  if (fetching) return <Loading />;
  return (
    <Page title="Run">
      <EmptyState icon={SearchX} title="There is no such run">
        It may belong to another project. <Link to="/runs" className="link">All runs</Link>
      </EmptyState>
    </Page>
  );
}

function Run({ run, again, runId, search, onSearch, onOpen, renderCase, renderQuality }: Props & { run: RunDetailFragment; again: () => void }) {
  const view = useRunView(runId);
  const final = isFinal(run.status);
  // What events do not carry (the queue, gates, deadlines) is read when a turn
  // of the run says so, and now and then while it waits.
  useEffect(() => {
    if (view.turns > 0) again();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new function each time
  }, [view.turns]);
  usePolling(again, 3000, final || run.status === "RUNNING");

  const shown = view.rows.find((row) => row.id === search.case) ?? (final ? firstToLookAt(view) : view.rows.find((row) => row.status === "RUNNING"));
  const wide = useWide();
  const failures = run.outcomeCounts.failed + run.outcomeCounts.timedOut + run.outcomeCounts.errored;
  return (
    <Page
      title={run.name}
      above={
        <>
          <Link to="/runs" className="hover:text-text">Runs</Link>
          <span aria-hidden>/</span>
          <Link to="/plans/$planId" params={{ planId: run.plan.id }} className="truncate hover:text-text">{run.plan.name}</Link>
        </>
      }
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {run.name} <OutcomeBadge state={run.status} />
        </span>
      }
      about={
        <span className="flex flex-wrap gap-x-3">
          <span>Version {run.planVersion.number}</span>
          {run.environment ? <span>{run.environment}</span> : null}
          {run.shard ? <span>Shard {run.shard.index} of {run.shard.total}</span> : null}
          <span>Started by {{ CALLER: "a person or CI", SCHEDULE: "a schedule", TRIGGER: "a trigger" }[run.origin]} <RelativeTime at={run.createdAt} /></span>
        </span>
      }
      actions={
        <>
          {final ? (
            <Button asChild>
              <Link to="/runs/$runId/compare" params={{ runId }}>
                <GitCompareArrows size={15} aria-hidden /> Compare
              </Link>
            </Button>
          ) : null}
          {run.comparisons.nodes.length > 0 ? (
            <Button asChild look={run.waiting.totalCount > 0 ? "primary" : "plain"}>
              <Link to="/runs/$runId/review" params={{ runId }}>
                <Eye size={15} aria-hidden /> Review {run.waiting.totalCount > 0 ? run.waiting.totalCount : ""}
              </Link>
            </Button>
          ) : null}
          <RunActions run={run} />
        </>
      }
    >
      <RunSummary run={run} view={view} />
      <Tabs<"cases" | "failures" | "quality" | "workers" | "log">
        label="Views of the run"
        value={search.view ?? "cases"}
        onChange={(name) => onSearch({ view: name === "cases" ? undefined : name })}
        tabs={[
          {
            name: "cases",
            title: <>Cases <span className="text-faint">{run.outcomeCounts.total}</span></>,
            content: (
              <div className="grid items-start gap-4 lg:grid-cols-[minmax(20rem,2fr)_3fr]">
                <div className="h-[max(26rem,calc(100dvh-15rem))] overflow-hidden rounded-lg border border-line bg-raised lg:sticky lg:top-4">
                  <CaseBrowser
                    view={view}
                    text={search.q ?? ""}
                    states={search.state ?? []}
                    order={search.order ?? (final ? "failures" : "plan")}
                    selected={wide ? shown?.id : undefined}
                    onFilter={({ text, states, order }) =>
                      onSearch({
                        ...(text === undefined ? {} : { q: text || undefined }),
                        ...(states === undefined ? {} : { state: states.length > 0 ? states : undefined }),
                        ...(order === undefined ? {} : { order }),
                      })
                    }
                    onSelect={(id) => (wide ? onSearch({ case: id }) : onOpen(id))}
                  />
                </div>
                {wide ? <div className="min-w-0">{shown ? renderCase(shown) : <Placeholder />}</div> : null}
              </div>
            ),
          },
          {
            name: "failures",
            title: <>Failures {failures > 0 ? <span className="text-failed">{failures}</span> : null}</>,
            content: <Failures run={run} view={view} />,
          },
          { name: "quality", title: "Quality", content: renderQuality(run) },
          { name: "workers", title: "Workers", content: <Timeline runId={runId} events={view.log} final={final} onOpen={onOpen} /> },
          {
            name: "log",
            title: "Log",
            content: (
              <div className="h-[max(26rem,calc(100dvh-15rem))] overflow-hidden rounded-lg border border-line bg-sunken">
                <EventLog events={view.log} />
              </div>
            ),
          },
        ]}
      />
    </Page>
  );
}

function useRunView(runId: string): RunView {
  const client = useClient();
  const store = useMemo(() => createRunStore(client, runId), [client, runId]);
  useEffect(() => store.open(), [store]);
  return useSyncExternalStore(store.subscribe, store.get);
}

// Failures first: somebody who opens a run that has ended wants to know why.
function firstToLookAt({ rows }: RunView): LiveCase | undefined {
  return rows.find((row) => row.outcome === "FAILED") ?? rows.find((row) => row.outcome === "TIMED_OUT" || row.outcome === "ERRORED") ?? rows[0];
}

const beside = window.matchMedia("(min-width: 1024px)");

function useWide(): boolean {
  const [wide, setWide] = useState(beside.matches);
  useEffect(() => {
    const changed = () => setWide(beside.matches);
    beside.addEventListener("change", changed);
    return () => beside.removeEventListener("change", changed);
  }, []);
  return wide;
}

function Placeholder() {
  return <p className="rounded-lg border border-dashed border-line p-10 text-center text-sm text-faint">Choose a case to see its steps.</p>;
}

function Loading() {
  return (
    <Page title="Run" heading={<Skeleton className="h-6 w-64" />} above={<Skeleton className="h-4 w-40" />} about={<Skeleton className="h-4 w-72" />}>
      <Skeleton className="mb-4 h-28 w-full" />
      <Skeleton className="h-96 w-full" />
    </Page>
  );
}
