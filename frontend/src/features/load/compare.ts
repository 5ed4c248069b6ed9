import { formatMs, formatRate, formatShare } from "./words";
import type { Report } from "./report";

export interface Change {
  name: string;
  now: string;
  before: string;
  /** Relative, 0.1 is a tenth more; null where there is nothing to relate to. */
  by: number | null;
  /** Whether it is better, worse, or not worth a word. */
  means: "better" | "worse" | "same";
}

/** Less than this share of a difference is what loads differ by anyway. */
const noise = 0.05;

/** What differs between a load and an earlier one. */
export function compareReports(now: Report, before: Report): Change[] {
  const share = ({ failed, requests }: Report) => (requests > 0 ? failed / requests : 0);
  const trend = (report: Report) => report.trends.http_req_duration;
  const [a, b] = [trend(now), trend(before)];
  const rows = [
    change("Requests a second", now.rate, before.rate, "more", formatRate),
    change("Failed requests", share(now), share(before), "less", formatShare),
  ];
  if (a && b) {
    rows.push(
      change("Median", a.med, b.med, "less", formatMs),
      change("95th percentile", a.p95, b.p95, "less", formatMs),
      change("99th percentile", a.p99, b.p99, "less", formatMs),
      change("Slowest", a.max, b.max, "less", formatMs),
    );
  }
  rows.push(
    change("Iterations", now.iterations, before.iterations, "more", (n) => Math.round(n).toLocaleString("en")),
    change("Dropped iterations", now.dropped, before.dropped, "less", (n) => Math.round(n).toLocaleString("en")),
  );
  return rows;
}

function change(name: string, now: number, before: number, good: "more" | "less", say: (n: number) => string): Change {
  const by = before === 0 ? null : (now - before) / before;
  const much = by === null ? now !== before : Math.abs(by) >= noise;
  const better = good === "more" ? now > before : now < before;
  return { name, now: say(now), before: say(before), by, means: !much ? "same" : better ? "better" : "worse" };
}
