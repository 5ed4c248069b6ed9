import { clsx } from "clsx";
import type { ReactNode } from "react";
import { formatDuration } from "@/ui/duration";
import type { Live } from "./pulses";
import type { Report } from "./report";
import { formatMs, formatRate, formatSecond, formatShare } from "./words";

/** The load in a line of numbers. */
export function Figures({ report: { requests, failed, rate, seconds, users, dropped, trends } }: { report: Report }) {
  const latency = trends.http_req_duration;
  return (
    <Band>
      <Figure name="Requests">{requests.toLocaleString("en")}</Figure>
      <Figure name="Throughput">{formatRate(rate)}</Figure>
      <Figure name="Median">{latency ? formatMs(latency.med) : "–"}</Figure>
      <Figure name="95th percentile">{latency ? formatMs(latency.p95) : "–"}</Figure>
      <Figure name="Failed" bad={failed > 0}>{formatShare(requests > 0 ? failed / requests : 0)}</Figure>
      <Figure name="Most users">{users.toLocaleString("en")}</Figure>
      <Figure name="Dropped" bad={dropped > 0}>{dropped.toLocaleString("en")}</Figure>
      <Figure name="Duration">{formatDuration(seconds * 1000)}</Figure>
    </Band>
  );
}

/** The last second of a load under way. */
export function LiveFigures({ live: { rows, dropped } }: { live: Live }) {
  const last = rows.at(-1);
  return (
    <Band>
      <Figure name="Under way">{last ? formatSecond(last.second) : "–"}</Figure>
      <Figure name="Throughput">{last ? formatRate(last.rate) : "–"}</Figure>
      <Figure name="95th percentile">{last && last.p95 !== null ? formatMs(last.p95) : "–"}</Figure>
      <Figure name="Failed" bad={(last?.failed ?? 0) > 0}>{last && last.failed !== null ? formatShare(last.failed) : "–"}</Figure>
      <Figure name="Users">{last ? last.users.toLocaleString("en") : "–"}</Figure>
      <Figure name="Dropped" bad={dropped > 0}>{last ? dropped.toLocaleString("en") : "–"}</Figure>
    </Band>
  );
}

function Band({ children }: { children: ReactNode }) {
  // Lines between them are the ground that shows through.
  return <dl className="grid grid-cols-[repeat(auto-fill,minmax(7rem,1fr))] gap-px overflow-hidden rounded-lg border border-line bg-raised">{children}</dl>;
}

function Figure({ name, bad = false, children }: { name: string; bad?: boolean; children: ReactNode }) {
  return (
    <div className="min-w-0 px-3 py-2 shadow-[1px_0_0_var(--line),0_1px_0_var(--line)]">
      <dt className="truncate text-xs text-faint">{name}</dt>
      <dd className={clsx("text-lg font-semibold whitespace-nowrap", bad && "text-failed")}>{children}</dd>
    </div>
  );
}
