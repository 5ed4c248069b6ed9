import type { StepDetailFragment } from "@/gql/graphql";

type Check = StepDetailFragment["checks"][number];

/** A chart that a threshold can be drawn in. */
export type Where = "rate" | "latency" | "errors";

export interface Threshold {
  name: string;
  passed: boolean;
  expected: string;
  actual: string;
  message: string;
  /** Where its limit is a line; null where no chart shows what it is about. */
  line: { where: Where; value: number; label: string } | null;
  /** How far the value has come to its limit: 1 is at it. null where that cannot be told. */
  used: number | null;
}

// "http_req_duration{scenario:rush} p(95)<500"; the number is the check's own, since the plan may compare with a baseline.
const form = /^([a-z_0-9]+)(\{.*\})? ([a-z]+)(?:\(([\d.]+)\))?(<=?|>=?|==|!=)(.*)$/;

/** The thresholds of a load, from its checks: those that did not hold come first. */
export function thresholdsOf(checks: Check[]): Threshold[] {
  const all = checks.map(({ name, passed, expected, actual, message }) => {
    const parts = form.exec(name);
    const limit = amountIn(expected);
    const value = amountIn(actual);
    const upper = parts?.[5]?.startsWith("<") ?? false;
    const lower = parts?.[5]?.startsWith(">") ?? false;
    let used: number | null = null;
    if (limit !== null && value !== null && upper && limit > 0) used = value / limit;
    if (limit !== null && value !== null && lower && value > 0) used = limit / value;
    return { name, passed, expected, actual, message, used, line: parts && limit !== null ? lineOf(parts, limit) : null };
  });
  return all.sort((a, b) => Number(a.passed) - Number(b.passed));
}

function lineOf(parts: RegExpExecArray, value: number): Threshold["line"] {
  const [, metric, tags = "", aggregate = "", percentile] = parts;
  const label = `${aggregate}${percentile === undefined ? "" : percentile}${tags}`;
  if (metric === "http_req_duration" && aggregate !== "count") return { where: "latency", value, label };
  if (metric === "http_req_failed" && aggregate === "rate") return { where: "errors", value, label: `failed${tags}` };
  if (metric === "http_reqs" && aggregate === "rate") return { where: "rate", value, label: `rate${tags}` };
  return null;
}

/** The first number in a text such as "< 2,900 ms". */
export function amountIn(text: string): number | null {
  const found = /-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?/i.exec(text);
  return found ? Number(found[0].replaceAll(",", "")) : null;
}
