import { Link } from "@tanstack/react-router";
import { Maximize2 } from "lucide-react";
import { useEffect } from "react";
import { ResultDocument, type ResultStatus } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeBadge } from "@/ui/Outcome";
import type { ObservedStep } from "@/ui/steps";
import { ResultSkeleton, ResultView } from "./ResultView";

interface Props {
  runId: string;
  resultId: string;
  title: string;
  caseKey: string;
  status: ResultStatus;
  /** Number of the attempt under way. */
  attempt: number;
  observed: ObservedStep[];
}

/** One case beside the list of a run. What the list knows is shown at once, the rest as soon as it is read. */
export function ResultPanel({ runId, resultId, title, caseKey, status, attempt, observed }: Props) {
  const [{ data, error }, read] = useKeptQuery({ query: ResultDocument, variables: { id: resultId } });
  const result = data?.result;
  // The list may know of the end before the result was read again; until then its steps stay.
  const known = status === "FINISHED" && result?.status !== "FINISHED" ? "RUNNING" : status;
  // An attempt is there to be read once it has ended.
  useEffect(() => {
    read({ requestPolicy: "network-only" });
  }, [read, status, attempt]);
  return (
    <section aria-label={title}>
      <header className="mb-3 flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="text-lg font-semibold break-words">{title}</h2>
          <p className="mt-0.5 flex flex-wrap items-center gap-2 text-xs text-faint">
            <OutcomeBadge state={result?.outcome ?? known} /> <span className="break-all">{caseKey}</span>
          </p>
        </div>
        <Button small look="quiet" asChild>
          <Link to="/runs/$runId/results/$resultId" params={{ runId, resultId }}>
            <Maximize2 size={14} aria-hidden /> Open
          </Link>
        </Button>
      </header>
      {result ? (
        <ResultView key={resultId} result={{ ...result, status: result.status === "FINISHED" ? "FINISHED" : known }} observed={observed} />
      ) : error ? (
        <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} />
      ) : (
        <ResultSkeleton />
      )}
    </section>
  );
}
