import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import { useText } from "@/auth/useContent";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Skeleton } from "@/ui/Skeleton";
import { Unread } from "@/ui/Unread";
import { formatBytes, formatDuration } from "@/ui/duration";
import { type Exchange, type Message, type Phase, readArchive } from "./har";
import { pretty } from "./pretty";

const colours: Record<Phase, string> = {
  blocked: "bg-idle", dns: "bg-flaky", connect: "bg-timed-out", ssl: "bg-timed-out", send: "bg-accent", wait: "bg-running", receive: "bg-passed",
};
const words: Record<Phase, string> = {
  blocked: "Waited for a connection", dns: "Name", connect: "Connected", ssl: "TLS", send: "Sent", wait: "Waited for the answer", receive: "Received",
};
const told: Phase[] = ["blocked", "dns", "connect", "send", "wait", "receive"];

/** The requests of an attempt as a waterfall. */
export function Network({ url }: { url: string }) {
  const { value: text, trouble, again } = useText(url);
  const archive = useMemo(() => (text === null ? null : readArchive(text)), [text]);
  const [slow, setSlow] = useState(false);
  if (trouble) return <Unread what="The archive" away={trouble === "away"} onRetry={again} className="h-64" />;
  if (text === null) return <Skeleton className="h-64 w-full" />;
  if (!archive) return <ErrorNotice message="The file is no HTTP archive. Download it from Artifacts to look into it." />;
  const { exchanges, dropped } = archive;
  if (exchanges.length === 0) return <p className="text-sm text-faint">Nothing was asked for.</p>;
  const total = Math.max(...exchanges.map((e) => e.startMs + e.durationMs), 1);
  const shown = slow ? exchanges.toSorted((a, b) => b.durationMs - a.durationMs) : exchanges;
  const failures = exchanges.filter(isFailure).length;
  return (
    <section aria-label="Requests" className="grid gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-soft">
        <span>
          {exchanges.length} requests, {formatBytes(exchanges.reduce((sum, e) => sum + e.bytes, 0))}, {formatDuration(total)}
        </span>
        {failures > 0 ? <span className="text-failed">{failures} failed</span> : null}
        {dropped > 0 ? <span>{dropped} more were left out</span> : null}
        <label className="ml-auto flex items-center gap-1.5">
          <input type="checkbox" checked={slow} onChange={(event) => setSlow(event.target.checked)} /> Slowest first
        </label>
      </div>
      <ol className="overflow-hidden rounded-lg border border-line bg-raised">
        {shown.map((exchange, i) => (
          <Line key={`${exchange.startMs} ${exchange.url} ${i}`} exchange={exchange} total={total} />
        ))}
      </ol>
      <ul aria-label="Colours" className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-faint">
        {told.map((phase) => (
          <li key={phase} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2 rounded-[2px] ${colours[phase]}`} /> {words[phase]}
          </li>
        ))}
      </ul>
    </section>
  );
}

function isFailure({ status }: Exchange): boolean {
  return status === 0 || status >= 400;
}

function Line({ exchange, total }: { exchange: Exchange; total: number }) {
  const [open, setOpen] = useState(false);
  const { method, url, status, bytes, startMs, durationMs, phases, error } = exchange;
  return (
    <li className="border-t border-line first:border-t-0">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        title={url}
        className="grid min-h-9 w-full grid-cols-[auto_2.5rem_minmax(0,1fr)_4rem] items-center gap-2 px-2.5 py-1 text-left text-xs hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[auto_2.5rem_minmax(0,2fr)_4.5rem_minmax(6rem,3fr)_4rem]"
      >
        <ChevronRight size={13} aria-hidden className={clsx("text-faint transition-transform", open && "rotate-90")} />
        <span className={isFailure(exchange) ? "font-medium text-failed" : "text-soft"}>{status === 0 ? "–" : status}</span>
        <span className="truncate">
          <span className="text-faint">{method}</span> {shortened(url)}
        </span>
        <span className="hidden text-right text-faint sm:block">{formatBytes(bytes)}</span>
        <span aria-hidden className="relative hidden h-3 sm:block">
          <span className="absolute inset-y-0 flex min-w-[2px] overflow-hidden rounded-[2px] bg-running" style={{ left: `${Math.min((startMs / total) * 100, 99)}%`, width: `${(durationMs / total) * 100}%` }}>
            {phases.map(({ name, ms }) => (
              <span key={name} className={colours[name]} style={{ width: `${(ms / Math.max(durationMs, 0.001)) * 100}%` }} />
            ))}
          </span>
        </span>
        <span className="text-right whitespace-nowrap text-faint">{formatDuration(durationMs)}</span>
      </button>
      {open ? (
        <div className="grid gap-3 border-t border-line bg-sunken p-3 text-xs">
          <p className="font-mono break-all">{url}</p>
          {error ? <p className="text-failed">{error}</p> : null}
          <p className="flex flex-wrap gap-x-4 text-soft">
            {phases.map(({ name, ms }) => (
              <span key={name}>
                {words[name]}: {formatDuration(ms)}
              </span>
            ))}
          </p>
          <Told title="Request" message={exchange.request} />
          <Told title="Answer" message={exchange.response} />
        </div>
      ) : null}
    </li>
  );
}

/** Headers and body of a request or an answer. */
export function Told({ title, message: { headers, body } }: { title: string; message: Message }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-soft">{title}</h3>
      {headers.length > 0 ? (
        <details className="mb-1.5">
          <summary className="text-xs text-faint">{headers.length === 1 ? "1 header" : `${headers.length} headers`}</summary>
          <dl className="mt-1 grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5 font-mono text-xs">
            {headers.map(({ name, value }, i) => (
              <div key={i} className="col-span-2 grid grid-cols-subgrid">
                <dt className="break-all text-faint">{name}</dt>
                <dd className="break-all">{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
      {body ? (
        <pre tabIndex={0} className="max-h-80 overflow-auto rounded-md border border-line bg-raised p-2 font-mono text-xs break-words whitespace-pre-wrap">{pretty(body)}</pre>
      ) : (
        <p className="text-xs text-faint">No body.</p>
      )}
    </div>
  );
}

function shortened(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}
