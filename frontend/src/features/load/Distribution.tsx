import { useEffect, useState } from "react";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { type Bar, barsOf } from "./buckets";
import { type Bin, decodeHistogram } from "./hdr";
import type { Histogram } from "./report";
import { formatMs, formatShare } from "./words";

interface Props {
  /** null while the report is read. */
  histograms: Histogram[] | null;
  /** Whether there is no report to read. */
  missing: boolean;
}

/** How the latencies are spread: of all requests, or of those of one step. */
export function Distribution({ histograms, missing }: Props) {
  const [chosen, setChosen] = useState("");
  const latencies = (histograms ?? []).filter(({ metric }) => metric === "http_req_duration");
  const shown = latencies.filter((h) => chosen === "" || key(h) === chosen);
  const { bars, failed } = useBars(shown);
  return (
    <Panel
      title="Distribution of latency"
      actions={
        latencies.length > 1 ? (
          <select aria-label="Requests of" value={chosen} onChange={(event) => setChosen(event.target.value)} className="h-7 max-w-44 rounded-md border border-line-strong bg-raised px-1.5 text-xs">
            <option value="">All requests</option>
            {latencies.map((h) => (
              <option key={key(h)} value={key(h)}>{key(h)}</option>
            ))}
          </select>
        ) : null
      }
    >
      {missing || (histograms && latencies.length === 0) ? (
        <p className="text-sm text-soft">Nothing is kept of it: the report of the load is not there, or has no requests.</p>
      ) : failed ? (
        <p className="text-sm text-soft">The histograms of the report cannot be read.</p>
      ) : bars ? (
        <Bars bars={bars} />
      ) : (
        <Skeleton className="h-44 w-full" />
      )}
    </Panel>
  );
}

function Bars({ bars }: { bars: Bar[] }) {
  const highest = Math.max(...bars.map((bar) => bar.share));
  return (
    <ul className="grid gap-0.5 text-xs" aria-label="Latencies by how many requests had them">
      {bars.map(({ from, to, count, share, below }) => (
        <li key={from} className="grid grid-cols-[6.5rem_minmax(0,1fr)_3.25rem] items-center gap-2" title={`${count.toLocaleString("en")} requests; ${formatShare(below)} took less than ${formatMs(to)}`}>
          <span className="text-right whitespace-nowrap text-faint">{from === 0 ? `< ${label(to)}` : `${label(from)}–${label(to)}`}</span>
          <span aria-hidden className="h-3.5 rounded-xs bg-line">
            <span className="block h-full min-w-px rounded-xs bg-accent" style={{ width: `${(share / highest) * 100}%` }} />
          </span>
          <span className="whitespace-nowrap">{formatShare(share)}</span>
        </li>
      ))}
    </ul>
  );
}

// Edges are round: 0.5 ms, 20 ms, 1.5 s.
function label(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

function key({ scenario, name }: Histogram): string {
  return `${scenario}: ${name}`;
}

function useBars(histograms: Histogram[]): { bars: Bar[] | null; failed: boolean } {
  const wanted = histograms.map(key).join("\n");
  const data = histograms.map((h) => h.data).join(" ");
  const [read, setRead] = useState<{ wanted: string; bars: Bar[] | null; failed: boolean }>({ wanted: "", bars: null, failed: false });
  useEffect(() => {
    if (!data) return;
    let gone = false;
    Promise.all(data.split(" ").map(decodeHistogram)).then(
      (all: Bin[][]) => {
        if (!gone) setRead({ wanted, bars: barsOf(all.flat()), failed: false });
      },
      () => {
        if (!gone) setRead({ wanted, bars: null, failed: true });
      },
    );
    return () => {
      gone = true;
    };
  }, [wanted, data]);
  // While another choice is decoded the one before stays.
  return { bars: read.bars, failed: read.failed };
}
