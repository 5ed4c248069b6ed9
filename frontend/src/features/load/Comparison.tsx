import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Minus, TrendingDown, TrendingUp } from "lucide-react";
import { formatInstant } from "@/ui/duration";
import { looks } from "@/ui/looks";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { type Change, compareReports } from "./compare";
import type { Report } from "./report";
import type { Earlier } from "./useEarlier";
import { formatChange } from "./words";

interface Props {
  now: Report;
  /** null while it is read, or where there is none. */
  before: Report | null;
  earlier: Earlier[];
  baseline: Earlier | null;
  /** "" compares with none. */
  onChoose: (resultId: string) => void;
}

/** The load beside an earlier one, by default the one before it. */
export function Comparison({ now, before, earlier, baseline, onChoose }: Props) {
  return (
    <Panel title="Compared with an earlier run" flush>
      {earlier.length === 0 ? (
        <p className="p-3 text-sm text-soft">This is the first run of the plan in its environment. Start it again, and what changed stands here.</p>
      ) : (
        <>
          <div className="flex items-center gap-2 border-b border-line px-3 py-2">
            <select
              aria-label="Earlier run"
              value={baseline?.resultId ?? ""}
              onChange={(event) => onChoose(event.target.value)}
              className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-raised px-2 text-sm"
            >
              <option value="">With none</option>
              {earlier.map(({ resultId, createdAt, outcome, version }) => (
                <option key={resultId} value={resultId}>
                  {formatInstant(createdAt)}, version {version}, {looks[outcome].word.toLowerCase()}
                </option>
              ))}
            </select>
            {baseline ? (
              <Link to="/runs/$runId/results/$resultId" params={{ runId: baseline.runId, resultId: baseline.resultId }} className="link text-sm">
                Open
              </Link>
            ) : null}
          </div>
          {!baseline ? <p className="p-3 text-sm text-soft">Choose a run to see what changed.</p> : before ? <Changes changes={compareReports(now, before)} /> : <Skeleton className="m-3 h-52" />}
        </>
      )}
    </Panel>
  );
}

function Changes({ changes }: { changes: Change[] }) {
  return (
    <table className="w-full text-sm" aria-label="Changes">
      <thead>
        <tr className="text-left text-xs text-faint">
          <th scope="col" className="px-3 py-1.5 font-medium">What</th>
          <th scope="col" className="py-1.5 text-right font-medium">Before</th>
          <th scope="col" className="px-3 py-1.5 text-right font-medium">Now</th>
          <th scope="col" className="py-1.5 pr-3 text-right font-medium">Change</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ name, now, before, by, means }) => (
          <tr key={name} className="border-t border-line">
            <th scope="row" className="px-3 py-1.5 text-left font-normal">{name}</th>
            <td className="text-right whitespace-nowrap text-faint">{before}</td>
            <td className="px-3 text-right whitespace-nowrap">{now}</td>
            <td className={clsx("pr-3 text-right whitespace-nowrap", means === "worse" ? "text-failed" : means === "better" ? "text-passed" : "text-faint")}>
              <span className="inline-flex items-center gap-1">
                {means === "worse" ? <TrendingDown size={13} role="img" aria-label="Worse" /> : means === "better" ? <TrendingUp size={13} role="img" aria-label="Better" /> : <Minus size={13} role="img" aria-label="About the same" />}
                {by === null ? "" : formatChange(by)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
