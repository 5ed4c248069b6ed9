import type { CaseRowFragment, FailureCause, FailureClusterDetailFragment } from "@/gql/graphql";
import { isBad } from "@/ui/looks";

/** Cases that failed for what looks like one reason. */
export interface Cluster<Row> {
  signature: string;
  /** The sentence of the first of them. */
  error: string;
  rows: Row[];
}

/** An error without what differs from case to case: numbers, ids, addresses, times and what stands in quotes. */
export function signatureOf(error: string): string {
  return error
    .toLowerCase()
    .replace(/\bhttps?:\/\/\S+/g, "<address>")
    .replace(/"(?:[^"\\]|\\.)*"|'[^']*'|“[^”]*”/g, "<text>")
    .replace(/\b\d{4}-\d\d-\d\d[t ]\d\d:\d\d\S*/g, "<time>")
    .replace(/\b[a-z]{2,4}_[0-9a-z]{10,}\b/g, "<id>")
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27,}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/g, "<id>")
    .replace(/\d+(?:[.,]\d+)*/g, "<n>")
    .replace(/\s+/g, " ")
    .trim();
}

/** Failures by their signature, the most frequent first. */
export function clustersOf<Row extends Pick<CaseRowFragment, "outcome" | "error">>(rows: Row[]): Cluster<Row>[] {
  const clusters = new Map<string, Cluster<Row>>();
  for (const row of rows) {
    if (!row.outcome || !isBad(row.outcome)) continue;
    const signature = `${row.outcome} ${signatureOf(row.error)}`;
    const known = clusters.get(signature);
    if (known) known.rows.push(row);
    else clusters.set(signature, { signature, error: row.error, rows: [row] });
  }
  return [...clusters.values()].sort((a, b) => b.rows.length - a.rows.length);
}

export const causes: Record<FailureCause, { word: string; text: string }> = {
  PRODUCT_FAULT: { word: "Fault of the product", text: "text-failed" },
  TEST_FAULT: { word: "Fault of the test", text: "text-errored" },
  ENVIRONMENT: { word: "Environment", text: "text-timed-out" },
  DATA: { word: "Data", text: "text-timed-out" },
  TIMING: { word: "Timing", text: "text-flaky" },
  INFRASTRUCTURE: { word: "Infrastructure", text: "text-errored" },
  DEPENDENCY: { word: "Something it depends on", text: "text-timed-out" },
  UNKNOWN: { word: "Unknown", text: "text-idle" },
};

/** What a cluster is called. */
export function headOf({ title, check, code }: Pick<FailureClusterDetailFragment, "title" | "check" | "code">): string {
  return title || check || (code ? code.replaceAll("_", " ") : "It says no reason.");
}
