import { clsx } from "clsx";
import { lazy, Suspense, useMemo, useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/auth/useIdentity";
import { PlanAuthorsDocument, PlanVersionsDocument, VersionSourceDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { Button } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Select } from "@/ui/Field";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { authorsOf, chooseVersions, type Version } from "./versions";

const YamlDiff = lazy(() => import("./YamlDiff"));

const pageSize = 50;

interface Props {
  planId: string;
  /** Number of the version that is shown; the newest when absent. */
  version: number | undefined;
  /** Number of the one that it is compared with; the one before when absent. */
  against: number | undefined;
  onChoose: (search: { version: number; against: number | undefined }) => void;
}

/** The versions of a plan; each is shown as the difference to the one before, or to any other one. */
export function Versions({ planId, version: wanted, against, onChoose }: Props) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useQuery({ query: PlanVersionsDocument, variables: { id: planId, first: pageSize, after } });
  const authors = useAuthors(planId);
  const page = data?.plan?.versions;
  if (!page) {
    return error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : <SkeletonRows rows={3} label="Reading the versions" />;
  }
  const { shown, base } = chooseVersions(page.nodes, wanted, against);
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[17rem_minmax(0,1fr)]">
      <div className="grid gap-2">
        <ol aria-label="Versions" className="max-h-56 overflow-y-auto rounded-lg border border-line bg-raised lg:max-h-[calc(100dvh-16rem)]">
          {page.nodes.map(({ id, number, createdAt }) => (
            <li key={id} className="border-t border-line first:border-t-0">
              <button
                type="button"
                aria-pressed={id === shown?.id}
                onClick={() => onChoose({ version: number, against: against === number ? undefined : against })}
                className={clsx("flex min-h-11 w-full items-center justify-between gap-3 px-3 py-1 text-left text-sm focus-visible:-outline-offset-2", id === shown?.id ? "bg-accent-ground" : "hover:bg-hover")}
              >
                <span className="min-w-0">
                  <span className={clsx("block", id === shown?.id && "font-medium")}>Version {number}</span>
                  {authors.get(number) ? <span className="block truncate text-xs text-faint">{authors.get(number)}</span> : null}
                </span>
                <span className="text-xs text-faint"><RelativeTime at={createdAt} /></span>
              </button>
            </li>
          ))}
        </ol>
        <div className="flex gap-2">
          {after ? <Button small onClick={() => setAfter(null)}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => setAfter(page.pageInfo.endCursor ?? null)}>Older</Button> : null}
        </div>
      </div>
      {shown ? (
        <Difference
          version={shown}
          before={base}
          author={authors.get(shown.number)}
          choices={page.nodes.filter(({ id }) => id !== shown.id)}
          onAgainst={(number) => onChoose({ version: shown.number, against: number })}
        />
      ) : null}
    </div>
  );
}

// Who wrote which version stands in the audit log, which only administrators may read.
function useAuthors(planId: string): ReadonlyMap<number, string> {
  const may = useMay("admin");
  const [{ data }] = useQuery({ query: PlanAuthorsDocument, variables: { filter: { objectId: planId, outcome: "DONE" } }, pause: !may });
  return useMemo(() => authorsOf(data?.auditLog.nodes ?? []), [data]);
}

interface DifferenceProps {
  version: Version;
  before: Version | null;
  author: string | undefined;
  choices: Version[];
  onAgainst: (number: number) => void;
}

function Difference({ version, before, author, choices, onAgainst }: DifferenceProps) {
  const [{ data: now, error }] = useQuery({ query: VersionSourceDocument, variables: { id: version.id }, requestPolicy: "cache-first" });
  const [{ data: then }] = useQuery({ query: VersionSourceDocument, variables: { id: before?.id ?? "" }, pause: !before, requestPolicy: "cache-first" });
  const source = sourceOf(now);
  const old = before ? sourceOf(then) : "";
  return (
    <section aria-label={`Version ${version.number}`} className="min-w-0 overflow-hidden rounded-lg border border-line bg-raised">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-3 py-2 text-sm">
        <h2 className="font-semibold">Version {version.number}</h2>
        <span className="min-w-0 text-xs break-words text-faint">{author ? `by ${author}, ` : ""}<RelativeTime at={version.createdAt} /></span>
        {choices.length > 0 ? (
          <label className="flex items-center gap-2 text-soft sm:ml-auto">
            compared with
            <Select value={before?.number ?? ""} onChange={(event) => onAgainst(Number(event.target.value))} className="w-auto!">
              {before ? null : <option value="" disabled>nothing</option>}
              {choices.map(({ id, number }) => <option key={id} value={number}>Version {number}</option>)}
            </Select>
          </label>
        ) : null}
      </header>
      {error ? <ErrorNotice message={messageOf(error)} /> : null}
      {source === null || old === null ? (
        <Skeleton className="m-3 h-64" />
      ) : (
        <>
          {before && source === old ? <p className="border-b border-line px-3 py-2 text-sm text-soft">Both have the same text.</p> : null}
          <Suspense fallback={<Skeleton className="m-3 h-64" />}>
            <YamlDiff key={`${version.id} ${before?.id ?? ""}`} before={before ? old : source} after={source} />
          </Suspense>
        </>
      )}
    </section>
  );
}

function sourceOf(data: { node?: { source?: string } | null } | undefined): string | null {
  return data?.node?.source ?? null;
}
