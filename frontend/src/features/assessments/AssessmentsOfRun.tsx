import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useCallback } from "react";
import { type AssessmentRowFragment, RunAssessmentsDocument } from "@/gql/graphql";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Panel } from "@/ui/Page";
import { RelativeTime } from "@/ui/Time";
import { belief, judgeOf, points, statuses, verdicts } from "./words";

/** All assessments of a run as a whole, newest first, read again while one is being made. */
export function useAssessmentsOf(runId: string | undefined): AssessmentRowFragment[] {
  const [{ data }, read] = useKeptQuery({ query: RunAssessmentsDocument, variables: { runId: runId ?? "" }, pause: !runId });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const found = (data?.run?.assessments.nodes ?? []).filter(({ resultId }) => !resultId);
  usePolling(again, 2000, !found.some(({ status }) => status === "PENDING"));
  return found;
}

/** The judges of a run with what each of them says, and the way to compare two. */
export function AssessmentsOfRun({ runId, shown }: { runId: string; shown?: string | undefined }) {
  const found = useAssessmentsOf(runId);
  if (found.length < 2) return null;
  const own = found.find(({ id }) => id === shown) ?? found[0];
  return (
    <Panel title="Judges of this run" flush>
      <ul>
        {found.map((a) => (
          <li key={a.id} className={clsx("flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-3 py-2 text-sm first:border-t-0", a.id === shown && "bg-accent-ground")}>
            <ScoreOf assessment={a} />
            <Link to="/assessments/$assessmentId" params={{ assessmentId: a.id }} aria-current={a.id === shown ? "page" : undefined} className="link min-w-0 break-words">{judgeOf(a)}</Link>
            <span className="min-w-0 flex-1 basis-40 truncate text-xs text-faint">{told(a)}</span>
            <span className="text-xs text-faint"><RelativeTime at={a.createdAt} /></span>
            {own && a.id !== own.id ? <Link to="/assessments/compare" search={{ a: own.id, b: a.id }} className="link text-xs">Compare</Link> : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function ScoreOf({ assessment: { score, verdict }, className }: { assessment: Pick<AssessmentRowFragment, "score" | "verdict">; className?: string }) {
  return <span className={clsx("w-10 shrink-0 text-right text-lg font-semibold", verdict ? verdicts[verdict].text : "text-faint", className)}>{score == null ? "–" : points(score)}</span>;
}

export function told({ status, verdict, confidence, reason }: AssessmentRowFragment): string {
  if (status === "PENDING") return "is being made";
  const said = status === "ASSESSED" && verdict ? verdicts[verdict].word : statuses[status];
  return `${said}, ${belief(confidence)} confidence${reason ? `: ${reason}` : ""}`;
}
