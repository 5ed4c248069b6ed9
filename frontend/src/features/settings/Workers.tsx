import { clsx } from "clsx";
import { CircleCheck, ExternalLink, Server } from "lucide-react";
import { useCallback } from "react";
import { useQuery } from "urql";
import { useMay } from "@/auth/useIdentity";
import { RiverUiDocument, WorkersDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { usePolling } from "@/graphql/usePolling";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Panel } from "@/ui/Page";
import { SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";

const statuses = { ACTIVE: "text-passed", DRAINING: "text-flaky", STOPPED: "text-idle" };

/** Who performs cases, what is free, and what is not reached. */
export default function Workers() {
  const [{ data, error }, read] = useKeptQuery({ query: WorkersDocument });
  const again = useCallback(() => read({ requestPolicy: "network-only" }), [read]);
  usePolling(again, 5000);
  if (!data) return error ? <ErrorNotice message={messageOf(error)} onRetry={again} /> : <SkeletonRows rows={3} label="Reading the workers" />;
  const { capacity: { workers, kinds }, breakers } = data;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {workers.length === 0 ? (
        <EmptyState icon={Server} title="Nobody performs cases">
          Start a worker beside the server: <code className="font-mono text-xs">semantest work</code>. What waits is taken at once.
        </EmptyState>
      ) : (
        <ul aria-label="Workers" className="overflow-hidden rounded-lg border border-line bg-raised">
          {workers.map(({ id, host, pid, version, slots, labels, status, startedAt, heartbeatAt }) => (
            <li key={id} className="grid gap-x-4 gap-y-1 border-t border-line px-3 py-2.5 text-sm first:border-t-0 md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto]">
              <div className="min-w-0">
                <p className="truncate font-medium">{host} <span className="text-xs font-normal text-faint">process {pid}, {version}</span></p>
                <p className="truncate font-mono text-xs text-faint">{id}</p>
              </div>
              <p className="min-w-0 text-xs break-words text-soft">{pairs(slots)}{pairs(labels) ? ` · ${pairs(labels)}` : ""}</p>
              <p className="text-xs text-faint"><span className={clsx("font-medium", statuses[status])}>{status.toLowerCase()}</span> since <RelativeTime at={startedAt} />, heard of <RelativeTime at={heartbeatAt} /></p>
            </li>
          ))}
        </ul>
      )}
      <Panel title="Slots" flush>
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Slots by kind">
          <table className="w-full text-right text-sm">
            <thead className="text-xs text-faint">
              <tr>
                <th scope="col" className="h-8 px-3 text-left font-medium">Kind</th>
                {["Slots", "Used", "Free", "Waiting", "Kept"].map((name) => <th key={name} scope="col" className="px-3 font-medium">{name}</th>)}
              </tr>
            </thead>
            <tbody>
              {kinds.map(({ kind, slots, used, free, queued, reserved }) => (
                <tr key={kind} className="border-t border-line">
                  <th scope="row" className="px-3 py-1.5 text-left font-normal">{kind.toLowerCase()}</th>
                  {[slots, used, free, queued, reserved].map((n, i) => <td key={i} className={clsx("px-3 py-1.5", n === 0 && "text-faint")}>{n}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <Queues />
      <Panel title="Targets and providers" flush>
        {breakers.length === 0 ? (
          <p className="flex items-center gap-2 p-3 text-sm text-soft"><CircleCheck size={16} className="text-passed" aria-hidden /> Everything that cases are about answers.</p>
        ) : (
          <ul aria-label="Circuit breakers">
            {breakers.map(({ kind, name, status, failures, since, retryAt, reason }) => (
              <li key={`${kind} ${name}`} className="border-t border-line px-3 py-2 text-sm first:border-t-0">
                <p className="flex flex-wrap gap-x-3">
                  <span className="font-medium break-all">{name}</span>
                  <span className={clsx("text-xs", status === "OPEN" ? "text-failed" : "text-flaky")}>{status.toLowerCase().replace("_", " ")}</span>
                  <span className="text-xs text-faint">{failures} failures, since <RelativeTime at={since} />{retryAt ? <>, tried again <RelativeTime at={retryAt} /></> : null}</span>
                </p>
                <p className="text-soft">{reason}</p>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

// The server's queues hold the jobs of all projects, so only administrators of the instance look into them.
function Queues() {
  const may = useMay("instance");
  const [{ data }] = useQuery({ query: RiverUiDocument, pause: !may });
  if (!data?.riverUi) return null;
  return (
    <p className="text-sm">
      <a href={data.riverUi} target="_blank" rel="noreferrer" className="link inline-flex items-center gap-1.5">
        The server’s queues in River UI <ExternalLink size={14} aria-hidden />
      </a>
    </p>
  );
}

function pairs(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value).map(([name, said]) => `${name} ${String(said)}`).join(", ");
}
