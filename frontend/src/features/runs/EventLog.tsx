import { memo, useDeferredValue, useEffect, useRef } from "react";
import { looks } from "@/ui/looks";
import type { RunEvent } from "./live";

const screenful = 60;

/** The newest events of a run as lines. It stays at its end unless somebody scrolls up. */
export function EventLog({ events: all }: { events: RunEvent[] }) {
  // The tab opens with what fits into it; the lines above come with the next drawing.
  const events = useDeferredValue(all, all.slice(-screenful));
  const frame = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useEffect(() => {
    if (following.current && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [events]);
  return (
    <div
      ref={frame}
      role="log"
      aria-label="Events"
      aria-live="off"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        following.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
      className="h-full overflow-auto px-3 py-2 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
    >
      {events.length === 0 ? <p className="text-faint">No event yet.</p> : null}
      {events.map((event) => (
        <Entry key={event.seq} event={event} />
      ))}
    </div>
  );
}

// An event never changes: of hundreds of lines only the new ones are drawn.
const Entry = memo(function Entry({ event }: { event: RunEvent }) {
  return (
    <p className="flex gap-2.5">
      <span className="text-faint select-none">{clock.format(new Date(event.at))}</span>
      <span className="min-w-0 break-words">
        <Line event={event} />
      </span>
    </p>
  );
});

// Made once: toLocaleTimeString makes one for each line.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

const told: Partial<Record<RunEvent["type"], string>> = {
  RUN_QUEUED: "run queued",
  RUN_STARTED: "run started",
  RUN_PAUSED: "run paused",
  RUN_RESUMED: "run resumed",
  RUN_DEFERRED: "cases wait for their target",
  RUN_STOPPING: "run is stopping",
  CASE_STARTED: "began",
  CASE_RETRIED: "did not pass, tries again",
  CASE_REQUEUED: "queued again",
  COMPARISON_REVIEWED: "comparison reviewed",
};

function Line({ event }: { event: RunEvent }) {
  if (event.type === "RUN_FINISHED") return <strong className={looks[event.status].text}>run {looks[event.status].word.toLowerCase()}</strong>;
  if (event.type === "CASE_FINISHED" && event.outcome) {
    return (
      <>
        {event.caseKey} <span className={looks[event.outcome].text}>{looks[event.outcome].word.toLowerCase()}</span>
        {event.error ? <span className="text-soft"> – {event.error}</span> : null}
      </>
    );
  }
  return (
    <>
      {event.caseKey} <span className="text-soft">{told[event.type]}</span>
      {event.attempt && event.attempt > 1 ? <span className="text-flaky"> (try {event.attempt})</span> : null}
      {event.error ? <span className="text-soft"> – {event.error}</span> : null}
    </>
  );
}
