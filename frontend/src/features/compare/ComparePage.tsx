import { Link } from "@tanstack/react-router";
import { ArrowRight, GitCompareArrows, SearchX } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { useQuery } from "urql";
import { type ComparedRunFragment, OtherRunDocument, RunsToCompareDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Chips } from "@/ui/Chips";
import { formatInstant } from "@/ui/duration";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Select } from "@/ui/Field";
import { OutcomeBadge, OutcomeCountsLine } from "@/ui/Outcome";
import { isFinal, looks } from "@/ui/looks";
import { Page } from "@/ui/Page";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { Elapsed, RelativeTime } from "@/ui/Time";
import { type Change, changes, compareCases, countChanges } from "./changes";
import { PairList } from "./PairList";
import { useResults } from "./useResults";

export interface ComparePageSearch {
  with?: string | undefined;
  change?: Change[] | undefined;
}

interface Props {
  runId: string;
  search: ComparePageSearch;
  onSearch: (change: ComparePageSearch) => void;
  /** What is said of the run and the one before as a whole. */
  judge: (beforeId: string) => ReactNode;
}

const words: Record<Change, string> = {
  regressed: "Regressed", failing: "Still fails", fixed: "Fixed", slower: "Slower", added: "Added", removed: "Removed", same: "As before",
};

/** What changed from one run to another. */
export function ComparePage({ runId, search, onSearch, judge }: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: RunsToCompareDocument, variables: { runId } });
  const run = data?.run;
  const others = useMemo(() => (run ? run.plan.runs.nodes.filter(({ id }) => id !== run.id) : []), [run]);
  // By default with the newest one before it that has ended.
  const chosen = search.with ?? others.find(({ createdAt, status }) => run && createdAt < run.createdAt && isFinal(status))?.id ?? others[0]?.id;
  const [{ data: far }] = useQuery({ query: OtherRunDocument, variables: { id: chosen ?? "" }, pause: !chosen || others.some(({ id }) => id === chosen) });
  const other = others.find(({ id }) => id === chosen) ?? far?.run ?? null;
  if (!run) {
    return (
      <Page title="Compare" above={<Link to="/runs" className="hover:text-text">Runs</Link>}>
        {error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : fetching ? <SkeletonRows rows={6} label="Reading the runs" /> : (
          <EmptyState icon={SearchX} title="There is no such run"><Link to="/runs" className="link">All runs</Link></EmptyState>
        )}
      </Page>
    );
  }
  return (
    <Page
      title="Compare"
      above={
        <>
          <Link to="/runs" className="hover:text-text">Runs</Link>
          <span aria-hidden>/</span>
          <Link to="/runs/$runId" params={{ runId }} className="truncate hover:text-text">{run.name}</Link>
        </>
      }
    >
      {!chosen ? (
        <EmptyState icon={GitCompareArrows} title="There is nothing to compare with">
          This is the plan’s only run. Start <Link to="/plans/$planId" params={{ planId: run.plan.id }} className="link">{run.plan.name}</Link> again, and what changed is shown here.
        </EmptyState>
      ) : (
        <div className="grid gap-4">
          <div className="grid items-stretch gap-2 md:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
            <Side title="Before" run={other}>
              <Select aria-label="Compare with" value={chosen} onChange={(event) => onSearch({ with: event.target.value })}>
                {others.every(({ id }) => id !== chosen) ? <option value={chosen}>{other?.name ?? chosen}</option> : null}
                {others.map((o) => (
                  <option key={o.id} value={o.id}>
                    {formatInstant(o.createdAt)} · v{o.planVersion.number} · {looks[o.status].word}
                  </option>
                ))}
              </Select>
            </Side>
            <ArrowRight size={18} aria-hidden className="place-self-center text-faint max-md:rotate-90" />
            <Side title="After" run={run} />
          </div>
          {judge(chosen)}
          <Pairs key={`${chosen} ${runId}`} beforeId={chosen} runId={runId} search={search} onSearch={onSearch} />
        </div>
      )}
    </Page>
  );
}

function Side({ title, run, children }: { title: string; run: ComparedRunFragment | null; children?: React.ReactNode }) {
  return (
    <section aria-label={title} className="grid min-w-0 content-start gap-2 rounded-lg border border-line bg-raised p-3">
      <h2 className="text-xs text-faint">{title}</h2>
      {children}
      {run ? (
        <>
          <p className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <OutcomeBadge state={run.status} />
            <Link to="/runs/$runId" params={{ runId: run.id }} className="link truncate">{run.name}</Link>
            <span className="text-soft">v{run.planVersion.number}</span>
            {run.environment ? <span className="text-soft">{run.environment}</span> : null}
            <span className="text-faint"><RelativeTime at={run.createdAt} /></span>
            {run.startedAt ? <span className="text-faint"><Elapsed from={run.startedAt} to={run.finishedAt} /></span> : null}
          </p>
          <OutcomeCountsLine counts={run.outcomeCounts} />
        </>
      ) : (
        <Skeleton className="h-12 w-full" />
      )}
    </section>
  );
}

function Pairs({ beforeId, runId, search, onSearch }: { beforeId: string; runId: string; search: ComparePageSearch; onSearch: Props["onSearch"] }) {
  const before = useResults(beforeId);
  const after = useResults(runId);
  const pairs = useMemo(() => compareCases(before.rows, after.rows), [before.rows, after.rows]);
  const counts = useMemo(() => countChanges(pairs), [pairs]);
  const error = before.error ?? after.error;
  if (error) return <ErrorNotice message={error} onRetry={before.error ? before.again : after.again} />;
  if (!before.complete || !after.complete) return <SkeletonRows rows={8} label="Reading the cases of both runs" />;
  const chosen = search.change ?? [];
  const news = changes.filter((change) => change !== "same" && counts.has(change));
  const wanted = chosen.length > 0 ? chosen : news;
  return (
    <div className="grid gap-3">
      <Chips
        label="Changes"
        chosen={chosen}
        onChange={(next) => onSearch({ change: next.length > 0 ? next : undefined })}
        options={changes.filter((change) => counts.has(change) || chosen.includes(change)).map((name) => ({ name, content: <>{words[name]} <span className="text-faint">{counts.get(name) ?? 0}</span></> }))}
      />
      {wanted.length === 0 ? (
        <EmptyState icon={GitCompareArrows} title="Nothing changed">All {pairs.length} cases ended as before, and none is slower.</EmptyState>
      ) : (
        <PairList pairs={pairs.filter(({ change }) => wanted.includes(change))} words={words} beforeId={beforeId} runId={runId} />
      )}
    </div>
  );
}
