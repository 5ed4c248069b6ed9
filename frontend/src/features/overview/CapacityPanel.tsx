import type { Kind, RunningNowQuery } from "@/gql/graphql";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";

const names: Partial<Record<Kind, string>> = { API: "API", BROWSER: "Browser", LOAD: "Load", CONTRACT: "Contract" };

/** Slots of each kind of case, what takes them and what waits for them. */
export function CapacityPanel({ capacity }: { capacity: RunningNowQuery["capacity"] | null }) {
  return (
    <Panel
      title="Capacity"
      actions={capacity ? <span className="text-xs text-faint">{capacity.workers.length === 1 ? "1 worker" : `${capacity.workers.length} workers`}</span> : null}
    >
      {capacity ? (
        capacity.workers.length === 0 ? (
          <p className="text-sm text-failed">
            No worker is there: runs wait. Start one with <code className="font-mono text-xs">semantest work</code>.
          </p>
        ) : (
          <ul className="grid gap-3">
            {capacity.kinds.map(({ kind, slots, used, queued, reserved }) => (
              <li key={kind} className="grid gap-1">
                <span className="flex items-baseline gap-2 text-sm">
                  <span className="flex-1 font-medium">{names[kind] ?? kind}</span>
                  {queued > 0 ? <span className="text-xs text-flaky">{queued} waiting</span> : null}
                  {reserved > 0 ? <span className="text-xs text-faint">{reserved} reserved</span> : null}
                  <span className="text-xs text-faint">
                    {used} of {slots}
                  </span>
                </span>
                <span role="img" aria-label={`${used} of ${slots} slots taken`} className="h-1.5 overflow-hidden rounded-full bg-line">
                  <span className="block h-full rounded-full bg-running transition-[width] motion-reduce:transition-none" style={{ width: `${slots > 0 ? (used / slots) * 100 : 0}%` }} />
                </span>
              </li>
            ))}
          </ul>
        )
      ) : (
        <div className="grid gap-3">
          {[0, 1, 2, 3, 4].map((i) => (
            <Skeleton key={i} className="h-6 w-full" />
          ))}
        </div>
      )}
    </Panel>
  );
}
