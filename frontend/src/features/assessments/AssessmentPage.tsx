import { Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { AssessmentDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Page } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { AssessmentView } from "./AssessmentView";
import { Reports } from "./Reports";

/** One assessment, on a page that can be linked to. */
export function AssessmentPage({ assessmentId }: { assessmentId: string }) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: AssessmentDocument, variables: { id: assessmentId } });
  const assessment = data?.assessment;
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
    <Page title="Assessment" above={above} actions={assessment && !assessment.resultId ? <Reports runId={assessment.run.id} /> : undefined}>
      {assessment ? (
        <AssessmentView assessment={assessment} />
      ) : error ? (
        <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} />
      ) : fetching ? (
        <Skeleton className="h-96 w-full" />
      ) : (
        <EmptyState icon={SearchX} title="There is no such assessment"><Link to="/assessments" className="link">All assessments</Link></EmptyState>
      )}
    </Page>
  );
}
