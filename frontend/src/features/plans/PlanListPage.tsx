import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight, FilePlus2, NotebookText, Play, Search } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useMay } from "@/auth/useIdentity";
import { type PlanRowFragment, PlansDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button, IconButton } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Input } from "@/ui/Field";
import { OutcomeBadge } from "@/ui/Outcome";
import { looks } from "@/ui/looks";
import { Page } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { OutcomeSparkline } from "@/ui/Sparkline";
import { RelativeTime } from "@/ui/Time";
import { formatInstant } from "@/ui/duration";
import { StartDialog } from "./StartDialog";

interface Props {
  search: { q?: string | undefined; after?: string | undefined };
}

const pageSize = 25;

export function PlanListPage({ search: { q, after } }: Props) {
  const mayWrite = useMay("tests:write");
  const [{ data, error }, read] = useKeptQuery({ query: PlansDocument, variables: { first: pageSize, after: after ?? null, search: q ?? null } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  usePolling(again, 10_000, after !== undefined);
  const plans = data?.plans.nodes;
  const { hasNextPage = false, endCursor = null } = data?.plans.pageInfo ?? {};
  const write = mayWrite ? (
    <Button look="primary" asChild>
      <Link to="/plans/new">
        <FilePlus2 size={15} aria-hidden /> New plan
      </Link>
    </Button>
  ) : null;
  return (
    <Page title="Plans" about="What is tested, and how it did lately." actions={write}>
      <Finder q={q} />
      {error && !plans ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : null}
      {!plans && !error ? <SkeletonRows label="Reading the plans" /> : null}
      {plans && plans.length > 0 ? (
        <ul className="overflow-hidden rounded-lg border border-line bg-raised">
          {plans.map((plan) => (
            <PlanRow key={plan.id} plan={plan} />
          ))}
        </ul>
      ) : null}
      {plans?.length === 0 ? (
        q ? (
          <EmptyState icon={Search} title={`No plan is called “${q}”`}>
            Plans are found by a part of their name.
          </EmptyState>
        ) : (
          <EmptyState icon={NotebookText} title="Write the first plan" action={write}>
            A plan says in YAML what a web application, an API or an AI feature must do. It is checked while you write.
          </EmptyState>
        )
      ) : null}
      {after !== undefined || hasNextPage ? (
        <nav aria-label="Pages" className="mt-3 flex justify-end gap-2">
          {after !== undefined ? (
            <Button small asChild>
              <Link to="/plans" search={{ q }}>
                <ChevronLeft size={14} aria-hidden /> Newest
              </Link>
            </Button>
          ) : null}
          {hasNextPage ? (
            <Button small asChild>
              <Link to="/plans" search={{ q, after: endCursor ?? undefined }}>
                Older <ChevronRight size={14} aria-hidden />
              </Link>
            </Button>
          ) : null}
        </nav>
      ) : null}
    </Page>
  );
}

function Finder({ q }: { q: string | undefined }) {
  const navigate = useNavigate();
  const [text, setText] = useState(q ?? "");
  useEffect(() => {
    if (text.trim() === (q ?? "")) return;
    const timer = setTimeout(() => void navigate({ to: "/plans", search: { q: text.trim() || undefined }, replace: true }), 250);
    return () => clearTimeout(timer);
  }, [text, q, navigate]);
  return (
    <div className="relative mb-3 max-w-80">
      <Search size={14} className="absolute top-2.25 left-2.5 text-faint" aria-hidden />
      <Input type="search" aria-label="Find plans" placeholder="Find by name" value={text} onChange={(event) => setText(event.target.value)} className="pl-8 text-sm!" />
    </div>
  );
}

function PlanRow({ plan }: { plan: PlanRowFragment }) {
  const mayRun = useMay("tests:execute");
  const [starting, setStarting] = useState(false);
  const runs = plan.runs.nodes;
  const last = runs[0];
  const bars = runs.map(({ status, createdAt, startedAt, finishedAt }) => ({
    state: status,
    durationMs: startedAt && finishedAt ? Date.parse(finishedAt) - Date.parse(startedAt) : 0,
    title: `${looks[status].word}, ${formatInstant(createdAt)}`,
  }));
  return (
    <li className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1.5 border-t border-line px-3 py-2 first:border-t-0 hover:bg-hover md:grid-cols-[minmax(0,1fr)_6.5rem_7.5rem_6.5rem_auto]">
      <span className="min-w-0">
        <Link
          to="/plans/$planId"
          params={{ planId: plan.id }}
          className="block truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {plan.name}
        </Link>
        <span className="block truncate text-xs text-faint">
          v{plan.version.number}
          {plan.description ? ` · ${plan.description}` : ""}
          {plan.tags.map((tag) => ` #${tag}`).join("")}
        </span>
      </span>
      <span className="max-md:row-start-2">
        <OutcomeSparkline bars={bars.toReversed()} label={runs.length > 0 ? `The last ${runs.length} runs: ${runs.map((r) => looks[r.status].word.toLowerCase()).join(", ")}` : "No runs yet"} />
      </span>
      <span className="max-md:row-start-2">{last ? <OutcomeBadge state={last.status} /> : <span className="text-sm text-faint">Never run</span>}</span>
      <span className="hidden text-right text-xs text-faint md:block">{last ? <RelativeTime at={last.createdAt} /> : null}</span>
      <span className="relative z-10 max-md:col-start-2 max-md:row-start-1 max-md:text-right">
        {mayRun ? (
          <IconButton label={`Start ${plan.name}`} onClick={() => setStarting(true)}>
            <Play size={15} aria-hidden />
          </IconButton>
        ) : null}
      </span>
      <StartDialog planId={plan.id} planName={plan.name} open={starting} onOpenChange={setStarting} />
    </li>
  );
}
