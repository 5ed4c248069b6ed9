import { Link } from "@tanstack/react-router";
import { Sparkles } from "lucide-react";
import { type ReactNode, useCallback } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { AnalyzeFailuresDocument, FailureClustersDocument, type FailureGroupDetailFragment } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Skeleton } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { toast } from "@/ui/toast";
import { Analysis } from "./Analysis";
import { causes, headOf } from "./failures";

/** The failures of a run that has ended, by their kinds as the server knows them; something else where it has none. */
export function FailureGroups({ runId, otherwise }: { runId: string; otherwise: ReactNode }) {
  const [{ data, error }, read] = useKeptQuery({ query: FailureClustersDocument, variables: { runId } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const may = useMay("tests:execute");
  const [{ fetching }, analyze] = useMutation(AnalyzeFailuresDocument);
  const groups = data?.run?.failureClusters;
  const pending = groups?.some(({ cluster }) => cluster.analysis?.status === "PENDING") ?? false;
  usePolling(again, 2000, !pending);
  if (!groups) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <Skeleton className="h-64 w-full" />;
  if (groups.length === 0) return otherwise;
  const ask = (of: { runId: string } | { clusterId: string }) =>
    void analyze({ runId: null, clusterId: null, ...of }).then(({ error: refusal }) => {
      if (refusal) toast(messageOf(refusal), "wrong");
      else again();
    });
  const asked = groups.filter(({ cluster }) => cluster.analysis).length;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-56 text-sm text-soft">{summaryOf(groups)}</p>
        {may ? (
          <Button disabled={fetching || pending} onClick={() => ask({ runId })}>
            <Sparkles size={15} aria-hidden /> {pending ? "A model looks at them" : asked === groups.length ? "Ask a model again" : "Ask a model for causes"}
          </Button>
        ) : null}
      </div>
      <ol aria-label="Failures" className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {groups.map((group) => <Group key={group.cluster.id} group={group} runId={runId} onAsk={may ? () => ask({ clusterId: group.cluster.id }) : undefined} />)}
      </ol>
    </div>
  );
}

function Group({ group, runId, onAsk }: { group: FailureGroupDetailFragment; runId: string; onAsk: (() => void) | undefined }) {
  const { cluster, count, caseCount, examples, flakyShare } = group;
  const cause = causes[cluster.cause];
  const others = caseCount - new Set(examples.map(({ caseKey }) => caseKey)).size;
  return (
    <li className="min-w-0 rounded-lg border border-line bg-raised">
      <div className="flex items-start gap-3 px-3 py-2.5">
        <span className="min-w-10 text-lg leading-6 font-semibold text-failed">{count}×</span>
        <div className="grid min-w-0 flex-1 gap-1">
          <p className="text-sm font-medium break-words">{headOf(cluster)}</p>
          <p className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-faint">
            {cluster.cause === "UNKNOWN" ? <span>No rule knows the cause</span> : <span title={cluster.why}><span className={cause.text}>{cause.word}</span>, by rule</span>}
            {cluster.operation ? <span className="min-w-0 break-words">{cluster.operation}</span> : null}
            {group.new ? null : <Link to="/runs/$runId" params={{ runId: cluster.firstRunId }} className="underline underline-offset-2 hover:text-text">known, first <RelativeTime at={cluster.firstSeenAt} /></Link>}
            {flakyShare > 0 ? <span className="text-flaky">{Math.round(flakyShare * 100)} % passed when tried again</span> : null}
          </p>
        </div>
        {group.new ? <span className="tint rounded-full px-2 py-0.5 text-xs font-medium text-failed">New</span> : null}
      </div>
      {cluster.why && cluster.cause !== "UNKNOWN" ? <p className="border-t border-line px-3 py-2 text-sm break-words text-soft">{cluster.why}{cluster.quote ? <> <q className="font-mono text-xs text-text">{cluster.quote}</q></> : null}</p> : null}
      <Analysis cluster={cluster} runId={runId} onAsk={onAsk} />
      <ul className="border-t border-line">
        {examples.map(({ resultId, runId: of, caseKey, message }) => (
          <li key={resultId} className="relative grid gap-x-3 border-t border-line px-3 py-2 text-sm first:border-t-0 hover:bg-hover sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)]">
            <Link to="/runs/$runId/results/$resultId" params={{ runId: of, resultId }} className="min-w-0 truncate after:absolute after:inset-0">{caseKey}</Link>
            <span className="min-w-0 truncate text-xs leading-5 text-faint">{message}</span>
          </li>
        ))}
      </ul>
      {others > 0 ? (
        <p className="border-t border-line px-3 py-2 text-xs text-faint">
          {others} more {others === 1 ? "case" : "cases"}. <Link to="/runs/$runId" params={{ runId }} search={{ state: ["FAILED", "TIMED_OUT", "ERRORED"] }} className="link">All failures among the cases</Link>
        </p>
      ) : null}
    </li>
  );
}

function summaryOf(groups: FailureGroupDetailFragment[]): string {
  const failures = groups.reduce((sum, { count }) => sum + count, 0);
  const fresh = groups.filter((group) => group.new).length;
  const kinds = groups.length === 1 ? "1 kind" : `${groups.length} kinds`;
  return `${failures === 1 ? "1 failure" : `${failures} failures`} of ${kinds}; ${fresh === 0 ? "all were seen before" : fresh === groups.length ? "none was seen before" : `${fresh} not seen before`}.`;
}
