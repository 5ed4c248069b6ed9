import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { type KeyboardEvent, useRef } from "react";
import { formatDuration } from "@/ui/duration";
import { OutcomeIcon } from "@/ui/Outcome";
import { Elapsed } from "@/ui/Time";
import type { LiveCase } from "./live";

const rowHeight = 46;

interface Props {
  rows: LiveCase[];
  selected: string | undefined;
  onSelect: (id: string) => void;
}

/* eslint-disable react-hooks/incompatible-library -- nothing that the virtual list returns is handed on */

/** The cases of a run. Only those in view are in the page, so that there may be thousands. */
export function CaseList({ rows, selected, onSelect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const move = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows.length, End: rows.length }[event.key];
    if (by === undefined || rows.length === 0) return;
    event.preventDefault();
    const at = rows.findIndex((row) => row.id === selected);
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1);
    const row = rows[next];
    if (!row) return;
    virtual.scrollToIndex(next);
    onSelect(row.id);
  };
  return (
    <div
      ref={frame}
      role="listbox"
      aria-label="Cases"
      tabIndex={0}
      aria-activedescendant={selected && rows.some((row) => row.id === selected) ? `case-${selected}` : undefined}
      onKeyDown={move}
      className="h-full overflow-y-auto focus-visible:-outline-offset-2"
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row ? (
            <CaseLine key={row.id} row={row} top={item.start} index={item.index} total={rows.length} selected={row.id === selected} onSelect={onSelect} />
          ) : null;
        })}
      </div>
    </div>
  );
}

interface LineProps {
  row: LiveCase;
  top: number;
  index: number;
  total: number;
  selected: boolean;
  onSelect: (id: string) => void;
}

function CaseLine({ row, top, index, total, selected, onSelect }: LineProps) {
  const step = row.observed.at(-1);
  return (
    <div
      id={`case-${row.id}`}
      role="option"
      aria-selected={selected}
      aria-posinset={index + 1}
      aria-setsize={total}
      onClick={() => onSelect(row.id)}
      style={{ transform: `translateY(${top}px)`, height: rowHeight }}
      className={clsx(
        "absolute inset-x-0 top-0 flex cursor-pointer items-center gap-2.5 border-b border-line px-3",
        selected ? "bg-accent-ground" : "hover:bg-hover",
      )}
    >
      <OutcomeIcon state={row.outcome ?? row.status} />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm">{row.title}</span>
        <span className={clsx("block truncate text-xs", row.error ? "text-failed" : "text-faint")}>
          {row.error || (step ? `${step.index + 1}${step.of ? ` of ${step.of}` : ""} · ${step.name}` : row.caseKey)}
        </span>
      </span>
      {row.attempt > 1 ? <span className="text-xs whitespace-nowrap text-flaky">try {row.attempt}</span> : null}
      <span className="text-right text-xs whitespace-nowrap text-faint">
        {row.status === "FINISHED" ? row.outcome !== "SKIPPED" && formatDuration(Math.max(row.durationMs, 0.5)) : row.status === "RUNNING" && row.startedAt ? <Elapsed from={row.startedAt} /> : null}
      </span>
    </div>
  );
}
