import { clsx } from "clsx";
import { CircleCheck, CircleX } from "lucide-react";
import { Panel } from "@/ui/Page";
import type { Threshold } from "./thresholds";

/** What the load was judged by, and how near it came to each limit. */
export function Thresholds({ thresholds }: { thresholds: Threshold[] }) {
  return (
    <Panel title="Thresholds" flush>
      {thresholds.length === 0 ? (
        <p className="p-3 text-sm text-soft">
          The case has none, so any load passes. Give it <code className="font-mono text-xs">{'thresholds: {http_req_duration: ["p(95)<500"]}'}</code>.
        </p>
      ) : (
        <ul>
          {thresholds.map(({ name, passed, expected, actual, message, used }) => (
            <li key={name} className="border-t border-line px-3 py-2 text-sm first:border-t-0">
              <div className="flex items-start gap-2">
                {passed ? (
                  <CircleCheck size={15} role="img" aria-label="Held" className="mt-0.5 shrink-0 text-passed" />
                ) : (
                  <CircleX size={15} role="img" aria-label="Did not hold" className="mt-0.5 shrink-0 text-failed" />
                )}
                <span className="min-w-0 flex-1 break-words">{name}</span>
              </div>
              <div className="mt-1 ml-6 grid gap-1 text-xs text-soft">
                <span>
                  <b className={clsx("font-medium", passed ? "text-text" : "text-failed")}>{actual}</b> where {expected} is asked
                </span>
                {used === null ? null : (
                  <span aria-hidden className="relative h-1.5 overflow-hidden rounded-full bg-line">
                    <span className={clsx("absolute inset-y-0 left-0 rounded-full", passed ? "bg-passed" : "bg-failed")} style={{ width: `${Math.min(used, 1) * 100}%` }} />
                  </span>
                )}
                {passed || !message ? null : <span className="break-words">{message}</span>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
