import type { RunProgressSubscription } from "@/gql/graphql";
import type { Row } from "./report";

export type Pulse = NonNullable<RunProgressSubscription["runProgress"]["running"][number]["load"]>;

/** Points that are kept of a load under way; a line on a screen has no more. */
const most = 1200;

export interface Live {
  rows: Row[];
  attempt: number;
  /** Iterations that were dropped until the newest row. */
  dropped: number;
}

export const nothing: Live = { rows: [], attempt: 0, dropped: 0 };

/**
 * What is known of a load after another second of it. A pulse that was told
 * before changes nothing; another attempt begins anew. Of a long load the older
 * points get fewer, so that watching it for hours takes no more memory.
 */
export function afterPulse(live: Live, pulse: Pulse, attempt: number): Live {
  const before = attempt === live.attempt ? live : { ...nothing, attempt };
  const second = pulse.elapsedMs / 1000;
  const last = before.rows.at(-1);
  if (last && second <= last.second) return live;
  const idle = pulse.rate === 0;
  const row: Row = {
    second,
    rate: pulse.rate,
    failed: idle ? null : pulse.failed,
    users: pulse.vus,
    dropped: Math.max(pulse.dropped - before.dropped, 0),
    med: null,
    p95: idle ? null : pulse.p95,
    p99: null,
    max: null,
  };
  const rows = [...before.rows, row];
  return { attempt, dropped: pulse.dropped, rows: rows.length > most ? thinned(rows) : rows };
}

// Every other row of the older half goes.
function thinned(rows: Row[]): Row[] {
  const half = Math.floor(rows.length / 2);
  return rows.filter((_, i) => i >= half || i % 2 === 0);
}
