import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { type ReactNode, useCallback } from "react";
import { type ResultDetailFragment, ResultDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeBadge } from "@/ui/Outcome";
import { Page } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { formatDuration } from "@/ui/duration";
import { type PlaceInResult, ResultSkeleton, ResultView, type View } from "./ResultView";

interface Props {
  runId: string;
  resultId: string;
  view: View | undefined;
  place: PlaceInResult;
  onView: (view: View) => void;
  /** What was measured, where the kind of the case has a view of its own for that. */
  renderMeasured: (result: ResultDetailFragment) => ReactNode;
}

/** Everything that is known of one case in a run. */
export function ResultPage({ runId, resultId, view, place, onView, renderMeasured }: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: ResultDocument, variables: { id: resultId } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const result = data?.result;
  usePolling(again, 2000, !result || result.status === "FINISHED");

  if (!result) {
    return (
      <Page title="Result" heading={fetching ? <Skeleton className="h-6 w-72" /> : undefined} above={fetching ? <Skeleton className="h-4 w-48" /> : undefined}>
        {error ? (
          <ErrorNotice message={messageOf(error)} onRetry={again} />
        ) : fetching ? (
          <ResultSkeleton />
        ) : (
          <EmptyState icon={SearchX} title="There is no such result">
            <Link to="/runs" className="link">All runs</Link>
          </EmptyState>
        )}
      </Page>
    );
  }
  const matrix = typeof result.matrix === "object" && result.matrix !== null ? Object.entries(result.matrix) : [];
  return (
    <Page
      title={result.title}
      above={
        <>
          <Link to="/runs" className="hover:text-text">Runs</Link>
          <span aria-hidden>/</span>
          <Link to="/runs/$runId" params={{ runId }} search={{ case: resultId }} className="truncate hover:text-text">{result.run.name}</Link>
        </>
      }
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {result.title} <OutcomeBadge state={result.outcome ?? result.status} />
        </span>
      }
      about={
        <span className="flex flex-wrap gap-x-3 gap-y-1">
          <span className="break-all">{result.caseKey}</span>
          <span>{result.kind.toLowerCase()}</span>
          {result.startedAt ? <span><RelativeTime at={result.startedAt} /></span> : null}
          {result.status === "FINISHED" ? <span>{formatDuration(result.durationMs)}</span> : null}
          {matrix.map(([name, value]) => <span key={name}>{name}: {String(value)}</span>)}
          {result.tags?.map((tag) => <span key={tag} className="text-faint">#{tag}</span>)}
        </span>
      }
    >
      {renderMeasured(result)}
      <ResultView result={result} observed={[]} place={place} view={view} onView={onView} />
    </Page>
  );
}
