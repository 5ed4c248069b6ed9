import { type JsonObject, numberOf, objectOf, objectsOf, textOf } from "@/ui/json";

/** What was measured in one interval of a load. Times in milliseconds, shares from 0 to 1. */
export interface Row {
  /** Of its end, since the load began, in seconds. */
  second: number;
  /** Requests a second. */
  rate: number;
  /** Share of the requests; null where there were none. */
  failed: number | null;
  users: number;
  /** Since the row before. */
  dropped: number;
  med: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface Trend {
  count: number;
  avg: number;
  min: number;
  med: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Histogram {
  metric: string;
  scenario: string;
  name: string;
  /** HdrHistogram's compressed form, in base64. */
  data: string;
}

export interface Report {
  requests: number;
  failed: number;
  rate: number;
  seconds: number;
  users: number;
  dropped: number;
  iterations: number;
  trends: Record<string, Trend>;
  scenarios: { name: string; executor: string; iterations: number; dropped: number }[];
  notes: { message: string; count: number }[];
  rows: Row[];
  /** Only the whole report has them. */
  histograms: Histogram[];
}

/** The report of a load as the detail of its step, or its load.json, tells it; null where it is none. */
export function readReport(value: unknown): Report | null {
  const told = objectOf(value);
  if (!told || typeof told.requests !== "number" || !objectOf(told.metrics)) return null;
  const scenarios = objectsOf(told.scenarios).map((s) => ({
    name: textOf(s.name),
    executor: textOf(s.executor),
    iterations: numberOf(s.iterations),
    dropped: numberOf(s.dropped),
  }));
  const trends = Object.entries(objectOf(told.metrics) ?? {}).flatMap(([name, trend]) => {
    const read = objectOf(trend);
    return read ? [[name, readTrend(read)] as const] : [];
  });
  return {
    requests: told.requests,
    failed: numberOf(told.failed),
    rate: numberOf(told.rate),
    seconds: numberOf(told.seconds),
    users: numberOf(told.vusMax),
    dropped: scenarios.reduce((sum, s) => sum + s.dropped, 0),
    iterations: scenarios.reduce((sum, s) => sum + s.iterations, 0),
    trends: Object.fromEntries(trends),
    scenarios,
    notes: objectsOf(told.notes).map((n) => ({ message: textOf(n.message), count: numberOf(n.count) })),
    rows: objectsOf(told.series).map(readRow),
    histograms: objectsOf(told.histograms).map((h) => ({ metric: textOf(h.metric), scenario: textOf(h.scenario), name: textOf(h.name), data: textOf(h.data) })),
  };
}

function readRow(row: JsonObject): Row {
  const requests = numberOf(row.requests);
  // A row without a request has no latency: a line through 0 would lie.
  const latency = (value: unknown) => (requests > 0 ? numberOf(value) : null);
  return {
    second: numberOf(row.second),
    rate: numberOf(row.rate),
    failed: requests > 0 ? numberOf(row.failed) / requests : null,
    users: numberOf(row.vus),
    dropped: numberOf(row.dropped),
    med: latency(row.med),
    p95: latency(row.p95),
    p99: latency(row.p99),
    max: latency(row.max),
  };
}

function readTrend(trend: JsonObject): Trend {
  return {
    count: numberOf(trend.count),
    avg: numberOf(trend.avg),
    min: numberOf(trend.min),
    med: numberOf(trend.med),
    p90: numberOf(trend.p90),
    p95: numberOf(trend.p95),
    p99: numberOf(trend.p99),
    max: numberOf(trend.max),
  };
}
