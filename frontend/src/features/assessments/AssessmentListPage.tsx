import { Link, useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Gauge, Scale } from "lucide-react";
import { AssessedRunsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { OutcomeIcon } from "@/ui/Outcome";
import { Page } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { belief, points, statuses, verdicts } from "./words";

/** How the newest runs were assessed. */
export function AssessmentListPage({ after }: { after: string | undefined }) {
  const [{ data, error }, read] = useKeptQuery({ query: AssessedRunsDocument, variables: { after: after ?? null } });
  const navigate = useNavigate();
  const page = data?.runs;
  return (
    <Page
      title="Assessments"
      about="What runs say of quality, and how far to believe it"
      actions={<Button asChild><Link to="/assessments/calibration"><Scale size={15} aria-hidden /> Calibration</Link></Button>}
    >
      {error && !page ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : null}
      {!page && !error ? <SkeletonRows label="Reading the assessments" /> : null}
      {page?.nodes.length === 0 ? (
        <EmptyState icon={Gauge} title="Nothing was assessed yet" action={<Button asChild><Link to="/plans">Plans</Link></Button>}>
          Every run is assessed when it ends. Start a plan, and its scores are listed here.
        </EmptyState>
      ) : null}
      {page && page.nodes.length > 0 ? (
        <ul className="overflow-hidden rounded-lg border border-line bg-raised">
          {page.nodes.map(({ id, name, status, createdAt, environment, assessment }) => (
            <li key={id} className="relative flex items-center gap-3 border-t border-line px-3 py-2.5 first:border-t-0 hover:bg-hover">
              <span className={clsx("w-12 shrink-0 text-right text-xl font-semibold", assessment?.verdict ? verdicts[assessment.verdict].text : "text-faint")}>{assessment?.score == null ? "–" : points(assessment.score)}</span>
              <span className="min-w-0 flex-1">
                {assessment ? (
                  <Link to="/assessments/$assessmentId" params={{ assessmentId: assessment.id }} className="block truncate font-medium after:absolute after:inset-0">{name}</Link>
                ) : (
                  <Link to="/runs/$runId" params={{ runId: id }} search={{ view: "quality" }} className="block truncate font-medium after:absolute after:inset-0">{name}</Link>
                )}
                <span className="block truncate text-xs text-faint max-sm:whitespace-normal">
                  {assessment ? `${assessment.verdict ? verdicts[assessment.verdict].word : statuses[assessment.status]}, ${belief(assessment.confidence)} confidence${assessment.reason ? `: ${assessment.reason}` : ""}` : "Not assessed yet"}
                  {environment ? ` · ${environment}` : ""}
                </span>
              </span>
              <OutcomeIcon state={status} />
              <span className="w-24 shrink-0 text-right text-xs text-faint max-sm:w-16"><RelativeTime at={createdAt} /></span>
            </li>
          ))}
        </ul>
      ) : null}
      {page && (page.pageInfo.hasNextPage || after) ? (
        <div className="mt-3 flex gap-2">
          {after ? <Button small onClick={() => void navigate({ to: "/assessments", search: {} })}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => void navigate({ to: "/assessments", search: { after: page.pageInfo.endCursor ?? undefined } })}>Older</Button> : null}
        </div>
      ) : null}
    </Page>
  );
}
