import { ChevronRight } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { Cell, HeadCell, Row as TableRow, Table } from "@/ui/Table";
import { alignedTo } from "./align";
import type { Report, Row } from "./report";
import type { Line } from "./TimeChart";
import type { Threshold, Where } from "./thresholds";
import { formatMs, formatRate, formatSecond, formatShare } from "./words";

const TimeChart = lazy(() => import("./TimeChart"));

interface Props {
  rows: Row[];
  thresholds: Threshold[];
  /** What it is compared with. */
  before: Report | null;
  /** Said where there is no row. */
  waiting: string;
  live?: boolean;
}

/** Throughput, latency and errors over the time of a load, under one cursor. */
export function Charts({ rows, thresholds, before, waiting, live = false }: Props) {
  const at = useMemo(() => rows.map((row) => row.second), [rows]);
  const { throughput, latency, errors } = useMemo(() => linesOf(rows, at, before, live), [rows, at, before, live]);
  const limits = useMemo(() => {
    const of = (where: Where) => thresholds.flatMap(({ line, passed }) => (line?.where === where ? [{ ...line, passed }] : []));
    return { rate: of("rate"), latency: of("latency"), errors: of("errors") };
  }, [thresholds]);
  return (
    <div className="grid min-w-0 gap-3">
      <Chart title="Requests and users" empty={rows.length === 0} waiting={waiting}>
        <TimeChart label="Requests a second and virtual users over time" at={at} lines={throughput} limits={limits.rate} format={formatRate} formatRight={formatCount} least={1} leastRight={2} />
      </Chart>
      <Chart title="Latency" empty={rows.length === 0} waiting={waiting}>
        <TimeChart label="Latency over time, by percentiles" at={at} lines={latency} limits={limits.latency} format={formatMs} />
      </Chart>
      <Chart title="Failed requests" empty={rows.length === 0} waiting={waiting}>
        <TimeChart label="Share of requests that failed, over time" at={at} lines={errors} limits={limits.errors} format={formatShare} formatRight={formatCount} least={0.01} leastRight={1} />
      </Chart>
      {rows.length > 0 && !live ? <Seconds rows={rows} /> : null}
    </div>
  );
}

function Chart({ title, empty, waiting, children }: { title: string; empty: boolean; waiting: string; children: React.ReactNode }) {
  return (
    <Panel title={title}>
      <div className="min-h-[226px]">
        {empty ? (
          <p className="grid h-[226px] place-content-center text-center text-sm text-faint">{waiting}</p>
        ) : (
          <Suspense fallback={<Skeleton className="h-[226px] w-full" />}>{children}</Suspense>
        )}
      </div>
    </Panel>
  );
}

function linesOf(rows: Row[], at: number[], before: Report | null, live: boolean): Record<"throughput" | "latency" | "errors", Line[]> {
  const old = before ? { at: before.rows.map((row) => row.second), rows: before.rows } : null;
  const beside = (label: string, value: (row: Row) => number | null): Line[] =>
    old && old.rows.length > 0 ? [{ label, values: alignedTo(at, old.at, old.rows.map(value)), colour: "--faint", dashed: true }] : [];
  return {
    throughput: [
      { label: "Requests", values: rows.map((r) => r.rate), colour: "--accent", fillTo: "" },
      ...beside("Earlier", (r) => r.rate),
      { label: "Users", values: rows.map((r) => r.users), colour: "--running", right: true },
    ],
    latency: [
      ...(live
        ? []
        : ([
            { label: "p99", values: rows.map((r) => r.p99), colour: "--flaky", fillTo: "p95" },
          ] satisfies Line[])),
      { label: "p95", values: rows.map((r) => r.p95), colour: "--running", fillTo: live ? "" : "Median" },
      ...(live ? [] : ([{ label: "Median", values: rows.map((r) => r.med), colour: "--accent", fillTo: "" }] satisfies Line[])),
      ...beside("Earlier p95", (r) => r.p95),
    ],
    errors: [
      { label: "Failed", values: rows.map((r) => r.failed), colour: "--failed", fillTo: "" },
      ...beside("Earlier", (r) => r.failed),
      ...(rows.some((r) => r.dropped > 0) ? ([{ label: "Dropped iterations", values: rows.map((r) => r.dropped), colour: "--errored", right: true }] satisfies Line[]) : []),
    ],
  };
}

const formatCount = (n: number) => n.toLocaleString("en", { maximumFractionDigits: n < 10 ? 1 : 0 });

/** The same as numbers, for those who read rather than look. */
function Seconds({ rows }: { rows: Row[] }) {
  const shown = rows.length <= 120 ? rows : rows.filter((_, i) => i % Math.ceil(rows.length / 120) === 0);
  return (
    <details className="group rounded-lg border border-line bg-raised">
      <summary className="flex min-h-10 list-none items-center gap-2 px-3 text-sm font-semibold">
        <ChevronRight size={14} aria-hidden className="text-faint transition-transform group-open:rotate-90" /> As a table
      </summary>
      <div className="max-h-96 overflow-y-auto px-3 pb-3" tabIndex={0}>
        <Table label="The load over time">
          <thead>
            <tr>
              {["Until", "Requests", "Users", "Median", "p95", "p99", "Slowest", "Failed", "Dropped"].map((name) => (
                <HeadCell key={name} className="text-right">{name}</HeadCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <TableRow key={row.second}>
                {[formatSecond(row.second), formatRate(row.rate), row.users, say(row.med), say(row.p95), say(row.p99), say(row.max), row.failed === null ? "–" : formatShare(row.failed), row.dropped].map((value, i) => (
                  <Cell key={i} className="h-8! text-right whitespace-nowrap">{value}</Cell>
                ))}
              </TableRow>
            ))}
          </tbody>
        </Table>
      </div>
    </details>
  );
}

function say(ms: number | null): string {
  return ms === null ? "–" : formatMs(ms);
}
