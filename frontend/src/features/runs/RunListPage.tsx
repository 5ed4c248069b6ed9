import { Link, useNavigate } from "@tanstack/react-router";
import { Activity, ChevronLeft, ChevronRight, ListFilter, X } from "lucide-react";
import { useCallback } from "react";
import { PlanNameDocument, PlanNamesDocument, type RunStatus, RunsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { Chips } from "@/ui/Chips";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Menu, MenuHeading, MenuItem } from "@/ui/Menu";
import { OutcomeIcon } from "@/ui/Outcome";
import { looks, runStatuses } from "@/ui/looks";
import { Page } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RunRows } from "./RunRows";

/** What the address says of the list. */
export interface RunSearch {
  status?: RunStatus[] | undefined;
  plan?: string | undefined;
  after?: string | undefined;
}

const pageSize = 25;

export function RunListPage({ search }: { search: RunSearch }) {
  const navigate = useNavigate();
  const { status = [], plan, after } = search;
  const show = (next: RunSearch) => void navigate({ to: "/runs", search: next });
  const filtered = status.length > 0 || plan !== undefined;
  return (
    <Page title="Runs" about="Every execution of a plan, the newest first.">
      <div className="mb-3 flex flex-wrap items-center gap-x-3 gap-y-2">
        <Chips
          label="Status"
          chosen={status}
          onChange={(chosen) => show({ plan, status: chosen.length > 0 ? chosen : undefined })}
          options={runStatuses.map((name) => ({
            name,
            content: (
              <>
                <OutcomeIcon state={name} size={13} />
                {looks[name].word}
              </>
            ),
          }))}
        />
        <PlanFilter plan={plan} onChange={(next) => show({ status: search.status, plan: next })} />
        {filtered ? (
          <Button small look="quiet" onClick={() => show({})}>
            <X size={14} aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      <RunList status={status} plan={plan} after={after} filtered={filtered} />
    </Page>
  );
}

function RunList({ status, plan, after, filtered }: RunSearch & { status: RunStatus[]; filtered: boolean }) {
  const [{ data, error, fetching }, read] = useKeptQuery({
    query: RunsDocument,
    variables: { first: pageSize, after: after ?? null, planId: plan ?? null, statuses: status.length > 0 ? status : null },
  });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  usePolling(again, 5000, after !== undefined);

  if (error && !data) return <ErrorNotice message={messageOf(error)} onRetry={again} />;
  if (!data && fetching) return <SkeletonRows label="Reading the runs" />;
  const runs = data?.runs.nodes ?? [];
  const { hasNextPage, endCursor } = data?.runs.pageInfo ?? { hasNextPage: false, endCursor: null };
  return (
    <>
      {error ? (
        <div className="mb-3">
          <ErrorNotice message={messageOf(error)} onRetry={again} />
        </div>
      ) : null}
      {runs.length > 0 ? (
        <RunRows runs={runs} />
      ) : filtered ? (
        <EmptyState icon={ListFilter} title="No run is like that">
          Take a filter away to see more.
        </EmptyState>
      ) : (
        <EmptyState
          icon={Activity}
          title="Nothing has been run yet"
          action={
            <Button look="primary" asChild>
              <Link to="/plans">Choose a plan</Link>
            </Button>
          }
        >
          Start a plan, and its run is shown here while it goes on. In CI, <code>semantest run plan.yaml --remote URL</code> does the same.
        </EmptyState>
      )}
      {after !== undefined || hasNextPage ? (
        <nav aria-label="Pages" className="mt-3 flex justify-end gap-2">
          {after !== undefined ? (
            <Button small asChild>
              <Link to="/runs" search={{ status: status.length > 0 ? status : undefined, plan }}>
                <ChevronLeft size={14} aria-hidden /> Newest
              </Link>
            </Button>
          ) : null}
          {hasNextPage ? (
            <Button small asChild>
              <Link to="/runs" search={{ status: status.length > 0 ? status : undefined, plan, after: endCursor ?? undefined }}>
                Older <ChevronRight size={14} aria-hidden />
              </Link>
            </Button>
          ) : null}
        </nav>
      ) : null}
    </>
  );
}

function PlanFilter({ plan, onChange }: { plan: string | undefined; onChange: (plan: string | undefined) => void }) {
  const [{ data: named }] = useKeptQuery({ query: PlanNameDocument, variables: { id: plan ?? "" }, pause: !plan, requestPolicy: "cache-first" });
  return (
    <Menu
      align="start"
      trigger={
        <Button small className="max-w-64">
          <ListFilter size={14} aria-hidden />
          <span className="truncate">{plan ? (named?.plan?.name ?? "One plan") : "All plans"}</span>
        </Button>
      }
    >
      <MenuItem onSelect={() => onChange(undefined)}>All plans</MenuItem>
      <PlanChoices onChange={onChange} />
    </Menu>
  );
}

function PlanChoices({ onChange }: { onChange: (plan: string) => void }) {
  const [{ data }] = useKeptQuery({ query: PlanNamesDocument, variables: {} });
  return (
    <>
      <MenuHeading>Plans</MenuHeading>
      {data?.plans.nodes.map(({ id, name }) => (
        <MenuItem key={id} onSelect={() => onChange(id)}>
          <span className="max-w-72 truncate">{name}</span>
        </MenuItem>
      ))}
    </>
  );
}
