import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useCallback } from "react";
import { AssessmentDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Page } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { AskModel } from "./AskModel";
import { AssessmentsOfRun } from "./AssessmentsOfRun";
import { AssessmentView } from "./AssessmentView";
import { Reports } from "./Reports";

/** One assessment, on a page that can be linked to. */
export function AssessmentPage({ assessmentId }: { assessmentId: string }) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: AssessmentDocument, variables: { id: assessmentId } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const assessment = data?.assessment;
  usePolling(again, 2000, assessment?.status !== "PENDING");
  const above = (
    <>
      <Link to="/assessments" className="hover:text-text">Assessments</Link>
      {assessment ? (
        <>
          <span aria-hidden>/</span>
          <Link to="/runs/$runId" params={{ runId: assessment.run.id }} className="truncate hover:text-text">{assessment.run.name}</Link>
        </>
      ) : null}
    </>
  );
  return (
    <Page title="Assessment" above={above} actions={assessment && !assessment.resultId ? <><AskModel runId={assessment.run.id} /><Reports runId={assessment.run.id} /></> : undefined}>
      {assessment ? (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {assessment.status === "PENDING" ? <Pending /> : <AssessmentView assessment={assessment} />}
          {assessment.resultId ? null : <AssessmentsOfRun runId={assessment.run.id} shown={assessment.id} />}
        </div>
      ) : error ? (
        <ErrorNotice message={messageOf(error)} onRetry={again} />
      ) : fetching ? (
        <Skeleton className="h-96 w-full" />
      ) : (
        <EmptyState icon={SearchX} title="There is no such assessment"><Link to="/assessments" className="link">All assessments</Link></EmptyState>
      )}
    </Page>
  );
}

function Pending() {
  return (
    <div role="status" className="grid gap-4">
      <p className="text-sm text-soft">The judge is at work. This page shows the judgement as soon as it is made; with a model that takes from seconds to a few minutes.</p>
      <Skeleton className="h-24 w-full" />
      <Skeleton className="h-44 w-full" />
      <Skeleton className="h-72 w-full" />
    </div>
  );
}
