import { ScrollText } from "lucide-react";
import { useState } from "react";
import { AuditLogDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Input } from "@/ui/Field";
import { SkeletonRows } from "@/ui/Skeleton";
import { formatInstant } from "@/ui/duration";
import type { SettingsPageSearch } from "./SettingsPage";

/** Who did what, when and from where. */
export default function Audit({ search: { after, action }, onSearch }: { search: SettingsPageSearch; onSearch: (search: SettingsPageSearch) => void }) {
  const [typed, setTyped] = useState(action ?? "");
  const [{ data, error }, read] = useKeptQuery({ query: AuditLogDocument, variables: { after: after ?? null, filter: action ? { action } : null } });
  const page = data?.auditLog;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          onSearch({ action: typed.trim() || undefined });
        }}
      >
        <Input aria-label="Action" placeholder="An action, such as plan.created" value={typed} onChange={(event) => setTyped(event.target.value)} className="max-w-80" />
        <Button type="submit">Show</Button>
        {action ? <Button look="quiet" onClick={() => { setTyped(""); onSearch({}); }}>All</Button> : null}
      </form>
      {error && !page ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : null}
      {!page && !error ? <SkeletonRows label="Reading the audit log" /> : null}
      {page?.nodes.length === 0 ? (
        <EmptyState icon={ScrollText} title={action ? "Nobody did that" : "Nothing was done yet"}>
          {action ? "Names of actions are whole, such as run.started or api_token.created." : "Every change, and every refused try, is written down here for good."}
        </EmptyState>
      ) : null}
      {page && page.nodes.length > 0 ? (
        <ol aria-label="Audit log" className="overflow-hidden rounded-lg border border-line bg-raised">
          {page.nodes.map(({ id, at, actor, action: did, outcome, objectId, objectName, address, detail }) => (
            <li key={id} className="border-t border-line px-3 py-2 text-sm first:border-t-0">
              <details>
                <summary className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 md:grid-cols-[15rem_minmax(0,1fr)_minmax(0,2fr)_auto]">
                  <time dateTime={at} className="text-xs whitespace-nowrap text-faint md:text-sm">{formatInstant(at)}</time>
                  <span className="truncate max-md:col-start-1">{actor.name || actor.kind.toLowerCase()}</span>
                  <span className="min-w-0 truncate max-md:col-span-2"><code className="font-mono text-xs">{did}</code> <span className="text-soft">{objectName || objectId}</span></span>
                  <span className={outcome === "REFUSED" ? "text-xs font-medium text-failed max-md:col-start-2 max-md:row-start-1" : "text-xs text-faint max-md:col-start-2 max-md:row-start-1"}>{outcome.toLowerCase()}</span>
                </summary>
                <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-xs text-soft">
                  <dt className="text-faint">By</dt><dd className="break-all">{actor.kind.toLowerCase()} {actor.id}</dd>
                  <dt className="text-faint">Object</dt><dd className="break-all">{objectId || "none"}</dd>
                  <dt className="text-faint">From</dt><dd className="break-all">{address || "the server itself"}</dd>
                  {detail ? <><dt className="text-faint">Detail</dt><dd><pre className="overflow-x-auto font-mono">{JSON.stringify(detail, null, 2)}</pre></dd></> : null}
                </dl>
              </details>
            </li>
          ))}
        </ol>
      ) : null}
      {page && (page.pageInfo.hasNextPage || after) ? (
        <div className="flex gap-2">
          {after ? <Button small onClick={() => onSearch({ action })}>Newest</Button> : null}
          {page.pageInfo.hasNextPage ? <Button small onClick={() => onSearch({ action, after: page.pageInfo.endCursor ?? undefined })}>Older</Button> : null}
        </div>
      ) : null}
    </div>
  );
}
