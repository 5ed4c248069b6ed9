import { clsx } from "clsx";
import { CircleCheck, CircleX } from "lucide-react";
import { formatBytes } from "@/ui/duration";
import { Panel } from "@/ui/Page";
import type { Allowance } from "./limits";
import type { Measured } from "./vitals";

interface Props extends Pick<Measured, "resources" | "bytes" | "requests"> {
  budget: Allowance[];
}

/** What the page loads by type, and what it may. */
export function Budget({ budget, resources, bytes, requests }: Props) {
  const largest = Math.max(...resources.map((r) => r.bytes), 1);
  return (
    <Panel title="What is loaded" flush>
      <table className="w-full text-sm" aria-label="Loaded by type, median of the runs">
        <thead>
          <tr className="text-left text-xs text-faint">
            <th scope="col" className="px-3 py-1.5 font-medium">Type</th>
            <th scope="col" className="w-1/3 py-1.5"><span className="sr-only">Share</span></th>
            <th scope="col" className="py-1.5 text-right font-medium">Size</th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">Requests</th>
          </tr>
        </thead>
        <tbody>
          {[...resources, { type: "total", requests, bytes }].map((r) => (
            <tr key={r.type} className={clsx("border-t border-line", r.type === "total" && "font-semibold")}>
              <th scope="row" className="px-3 py-1.5 text-left font-normal">{r.type}</th>
              <td aria-hidden>
                {r.type === "total" ? null : <span className="block h-2 rounded-full bg-running" style={{ width: `${(r.bytes / largest) * 100}%`, minWidth: 2 }} />}
              </td>
              <td className="text-right whitespace-nowrap">{formatBytes(r.bytes)}</td>
              <td className="px-3 text-right">{r.requests}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="grid gap-1 border-t border-line px-3 py-2 text-sm">
        {budget.length === 0 ? (
          <li className="text-soft">
            The case has no budget. <code className="font-mono text-xs">{"budget: {script: 300KB, requests: 60}"}</code> keeps a page from growing unseen.
          </li>
        ) : (
          budget.map(({ of, passed, expected, actual }) => (
            <li key={of} className="flex items-center gap-2">
              {passed ? <CircleCheck size={15} role="img" aria-label="Held" className="text-passed" /> : <CircleX size={15} role="img" aria-label="Did not hold" className="text-failed" />}
              <span className="flex-1">Budget for {of}</span>
              <span className={passed ? "text-soft" : "text-failed"}>{actual} of {expected.replace("at most ", "")}</span>
            </li>
          ))
        )}
      </ul>
    </Panel>
  );
}
