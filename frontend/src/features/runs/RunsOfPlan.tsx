import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useCallback } from "react";
import { RunsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { SkeletonRows } from "@/ui/Skeleton";
import { RunRows } from "./RunRows";

/** The newest runs of a plan, and the way to all of them. */
export function RunsOfPlan({ planId }: { planId: string }) {
  const [{ data, error }, read] = useKeptQuery({ query: RunsDocument, variables: { first: 25, after: null, planId, statuses: null } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  usePolling(again, 5000);
  if (error && !data) return <ErrorNotice message={messageOf(error)} onRetry={again} />;
  if (!data) return <SkeletonRows rows={4} label="Reading the runs" />;
  if (data.runs.nodes.length === 0) {
    return (
      <EmptyState icon={Activity} title="This plan has not been run yet">
        Start it, and what happens is shown here.
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-3">
      <RunRows runs={data.runs.nodes} />
      {data.runs.pageInfo.hasNextPage ? (
        <Button small asChild className="justify-self-end">
          <Link to="/runs" search={{ plan: planId }}>
            All runs of this plan
          </Link>
        </Button>
      ) : null}
    </div>
  );
}
