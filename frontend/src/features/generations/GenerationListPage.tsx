import { Link, useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Sparkles, WandSparkles } from "lucide-react";
import { useCallback } from "react";
import { useMay } from "@/auth/useIdentity";
import { type GenerationRowFragment, GenerationsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Page } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { makerOf, sources, statuses } from "./words";

/** The requests for cases, newest first. */
export function GenerationListPage({ after }: { after: string | undefined }) {
  const [{ data, error }, read] = useKeptQuery({ query: GenerationsDocument, variables: { after: after ?? null } });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  const may = useMay("tests:execute");
  const navigate = useNavigate();
  const page = data?.generations;
  usePolling(again, 2000, !page?.nodes.some(({ status }) => status === "QUEUED" || status === "RUNNING"));
  const ask = may ? (
    <Button asChild look="primary">
      <Link to="/generations/new"><WandSparkles size={15} aria-hidden /> Generate cases</Link>
    </Button>
  ) : undefined;
  return (
    <Page title="Generated cases" about="Made of what describes the application, tried out, and put into a plan when a person approves" actions={page && page.nodes.length > 0 ? ask : undefined}>
      {error && !page ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : null}
      {!page && !error ? <SkeletonRows label="Reading the generations" /> : null}
      {page?.nodes.length === 0 ? (
        <EmptyState icon={Sparkles} title="Let a plan begin by itself" action={ask}>
          Point at an OpenAPI document, at the pages of the application, or write down what it must do. Cases are made and tried out; those that hold are proposed, and you approve them one by one.
        </EmptyState>
      ) : null}
      {page && page.nodes.length > 0 ? (
        <ul aria-label="Generations" className="overflow-hidden rounded-lg border border-line bg-raised">
          {page.nodes.map((each) => <Row key={each.id} generation={each} />)}
        </ul>
      ) : null}
      {page && (page.pageInfo.hasNextPage || after) ? (
        <div className="mt-3 flex gap-2">
          {after ? <Button small onClick={() => void navigate({ to: "/generations", search: {} })}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => void navigate({ to: "/generations", search: { after: page.pageInfo.endCursor ?? undefined } })}>Older</Button> : null}
        </div>
      ) : null}
    </Page>
  );
}

function Row({ generation: { id, source, status, reason, generator, proposed, tried, candidates, createdByName, createdAt, plan } }: { generation: GenerationRowFragment }) {
  const { icon: Icon, text, word } = statuses[status];
  return (
    <li className="relative flex items-center gap-3 border-t border-line px-3 py-2.5 first:border-t-0 hover:bg-hover">
      <Icon role="img" aria-label={word} size={17} className={clsx("shrink-0", text, status === "RUNNING" && "turning")} />
      <span className="min-w-0 flex-1">
        <Link to="/generations/$generationId" params={{ generationId: id }} className="block truncate text-sm font-medium after:absolute after:inset-0">From {sources[source]}{plan ? `, for ${plan.name}` : ""}</Link>
        <span className={clsx("block truncate text-xs", reason ? "text-failed" : "text-faint")}>
          {reason || [status === "QUEUED" ? "waits for a worker" : `${proposed} proposed, ${tried} of ${candidates} tried out`, makerOf(generator), createdByName].filter(Boolean).join(" · ")}
        </span>
      </span>
      <span className="text-right text-xs text-faint"><RelativeTime at={createdAt} /></span>
    </li>
  );
}
