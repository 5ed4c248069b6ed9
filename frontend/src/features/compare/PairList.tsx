import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { ArrowRight } from "lucide-react";
import { useRef } from "react";
import type { ComparedCaseFragment } from "@/gql/graphql";
import { formatDuration } from "@/ui/duration";
import { OutcomeIcon } from "@/ui/Outcome";
import type { Change, ComparedPair } from "./changes";

const rowHeight = 56;

const tones: Record<Change, string> = {
  regressed: "text-failed", failing: "text-failed", fixed: "text-passed", slower: "text-timed-out", added: "text-running", removed: "text-idle", same: "text-idle",
};

/* eslint-disable react-hooks/incompatible-library -- nothing that the virtual list returns is handed on */

/** Cases of two runs. Only those in view are in the page, so that there may be thousands. */
export function PairList({ pairs, words, beforeId, runId }: { pairs: ComparedPair[]; words: Record<Change, string>; beforeId: string; runId: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: pairs.length, getScrollElement: () => frame.current, estimateSize: () => rowHeight, overscan: 8, getItemKey: (i) => pairs[i]?.key ?? i });
  return (
    <div ref={frame} tabIndex={0} role="list" aria-label="Cases" className="overflow-y-auto rounded-lg border border-line bg-raised" style={{ height: `min(${pairs.length * rowHeight + 2}px, max(24rem, calc(100dvh - 20rem)))` }}>
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const pair = pairs[item.index];
          if (!pair) return null;
          const { key, title, change, before, after, longer } = pair;
          const error = after?.error ?? "";
          return (
            <div key={key} role="listitem" aria-setsize={pairs.length} aria-posinset={item.index + 1} style={{ transform: `translateY(${item.start}px)`, height: rowHeight }} className="absolute inset-x-0 top-0 flex items-center gap-3 border-b border-line px-3 hover:bg-hover">
              <span className={clsx("tint w-20 shrink-0 rounded-full py-0.5 text-center text-xs font-medium", tones[change])}>{words[change]}</span>
              <span className="min-w-0 flex-1">
                <Link to="/runs/$runId/results/$resultId" params={{ runId: after ? runId : beforeId, resultId: (after ?? before)?.id ?? "" }} className="block truncate text-sm hover:underline">{title}</Link>
                <span className={clsx("block truncate text-xs", error ? "text-failed" : "text-faint")}>{error || key}</span>
              </span>
              <End row={before} runId={beforeId} label="Before" />
              <ArrowRight size={13} aria-hidden className="shrink-0 text-faint" />
              <End row={after} runId={runId} label="After" />
              <span className={clsx("w-12 text-right text-xs max-sm:hidden", longer !== null && longer >= 0.5 ? "text-timed-out" : "text-faint")}>
                {longer === null || Math.abs(longer) < 0.005 ? "" : `${longer > 0 ? "+" : "−"}${Math.abs(Math.round(longer * 100))} %`}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function End({ row, runId, label }: { row: ComparedCaseFragment | null; runId: string; label: string }) {
  if (!row?.outcome) return <span className="w-6 text-center text-xs text-faint sm:w-18">–</span>;
  return (
    <Link to="/runs/$runId/results/$resultId" params={{ runId, resultId: row.id }} aria-label={`${label}, ${row.title}`} className="flex w-6 items-center gap-1.5 text-xs text-faint sm:w-18">
      <OutcomeIcon state={row.outcome} size={15} /> <span className="max-sm:hidden">{formatDuration(row.durationMs)}</span>
    </Link>
  );
}
