import { clsx } from "clsx";
import { lazy, Suspense, useState } from "react";
import { useQuery } from "urql";
import { PlanVersionsDocument, VersionSourceDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";

const YamlDiff = lazy(() => import("./YamlDiff"));

const pageSize = 50;

/** The versions of a plan; each is shown as the difference to the one before. */
export function Versions({ planId }: { planId: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [{ data, error }, read] = useQuery({ query: PlanVersionsDocument, variables: { id: planId, first: pageSize, after } });
  const page = data?.plan?.versions;
  if (!page) {
    return error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : <SkeletonRows rows={3} label="Reading the versions" />;
  }
  const at = Math.max(page.nodes.findIndex(({ id }) => id === chosen), 0);
  const version = page.nodes[at];
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[14rem_minmax(0,1fr)]">
      <div className="grid gap-2">
        <ol aria-label="Versions" className="max-h-48 overflow-y-auto rounded-lg border border-line bg-raised lg:max-h-[calc(100dvh-16rem)]">
          {page.nodes.map(({ id, number, createdAt }, i) => (
            <li key={id} className="border-t border-line first:border-t-0">
              <button
                type="button"
                aria-pressed={i === at}
                onClick={() => setChosen(id)}
                className={clsx("flex h-10 w-full items-center justify-between px-3 text-sm focus-visible:-outline-offset-2", i === at ? "bg-accent-ground font-medium" : "hover:bg-hover")}
              >
                Version {number} <span className="text-xs font-normal text-faint"><RelativeTime at={createdAt} /></span>
              </button>
            </li>
          ))}
        </ol>
        <div className="flex gap-2">
          {after ? <Button small onClick={() => setAfter(null)}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>Older</Button> : null}
        </div>
      </div>
      {version ? <Difference version={version} before={page.nodes[at + 1] ?? null} /> : null}
    </div>
  );
}

interface Version {
  id: string;
  number: number;
}

function Difference({ version, before }: { version: Version; before: Version | null }) {
  const [{ data: now, error }] = useQuery({ query: VersionSourceDocument, variables: { id: version.id }, requestPolicy: "cache-first" });
  const [{ data: then }] = useQuery({ query: VersionSourceDocument, variables: { id: before?.id ?? "" }, pause: !before, requestPolicy: "cache-first" });
  const source = sourceOf(now);
  const old = before ? sourceOf(then) : "";
  return (
    <section aria-label={`Version ${version.number}`} className="min-w-0 overflow-hidden rounded-lg border border-line bg-raised">
      <h2 className="border-b border-line px-3 py-2 text-sm font-semibold">
        {before ? `What version ${version.number} changed in version ${before.number}` : `Version ${version.number}`}
      </h2>
      {error ? <ErrorNotice message={messageOf(error)} /> : null}
      {source === null || old === null ? (
        <Skeleton className="m-3 h-64" />
      ) : (
        <Suspense fallback={<Skeleton className="m-3 h-64" />}>
          <YamlDiff key={version.id} before={before ? old : source} after={source} />
        </Suspense>
      )}
    </section>
  );
}

function sourceOf(data: { node?: { source?: string } | null } | undefined): string | null {
  return data?.node?.source ?? null;
}
