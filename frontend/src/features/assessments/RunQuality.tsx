import { Gauge, RefreshCw } from "lucide-react";
import { useCallback } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { AssessRunDocument, RunAssessmentDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Skeleton } from "@/ui/Skeleton";
import { toast } from "@/ui/toast";
import { AskModel } from "./AskModel";
import { AssessmentsOfRun } from "./AssessmentsOfRun";
import { AssessmentView } from "./AssessmentView";
import { Reports } from "./Reports";

/** How a run is assessed: scores, reasons, and what they stand on. */
export function RunQuality({ runId, ended }: { runId: string; ended: boolean }) {
  const [{ data, error }, read] = useKeptQuery({ query: RunAssessmentDocument, variables: { runId } });
  const [assessing, assess] = useMutation(AssessRunDocument);
  const may = useMay("tests:execute");
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const assessment = data?.run?.assessment;
  usePolling(again, 2000, !ended || Boolean(assessment && assessment.status !== "PENDING"));
  if (!data) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <Skeleton className="h-72 w-full" />;
  if (!ended) {
    return <EmptyState icon={Gauge} title="Assessed when it has ended">Scores, what they stand on, and what to do next come with the end of the run.</EmptyState>;
  }
  const make = (fresh: boolean) =>
    void assess({ runId, fresh }).then(({ error: refusal }) => {
      if (refusal) toast(messageOf(refusal), "wrong");
      again();
    });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap justify-end gap-2">
        <AskModel runId={runId} />
        <Reports runId={runId} />
        {may && assessment ? (
          <Button disabled={assessing.fetching} onClick={() => make(true)}>
            <RefreshCw size={15} aria-hidden /> Assess again
          </Button>
        ) : null}
      </div>
      {assessment ? (
        <>
          <AssessmentsOfRun runId={runId} shown={assessment.id} />
          <AssessmentView assessment={assessment} />
        </>
      ) : (
        <EmptyState icon={Gauge} title="Not assessed yet" action={may ? <Button look="primary" disabled={assessing.fetching} onClick={() => make(false)}>Assess it now</Button> : undefined}>
          Rules make scores of what the run measured; it takes a moment.
        </EmptyState>
      )}
    </div>
  );
}
