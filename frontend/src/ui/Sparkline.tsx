import { clsx } from "clsx";
import { looks, type State } from "./looks";

interface Bar {
  state: State;
  /** In milliseconds; the longest has the whole height. */
  durationMs: number;
  /** What is told of it. */
  title: string;
}

/** Outcomes of the newest runs, the newest at the right; the height tells the duration. */
export function OutcomeSparkline({ bars, slots = 12, label }: { bars: Bar[]; slots?: number; label: string }) {
  const longest = Math.max(...bars.map((bar) => bar.durationMs), 1);
  return (
    <span role="img" aria-label={label} className="flex h-6 items-end gap-0.5">
      {Array.from({ length: Math.max(slots - bars.length, 0) }, (_, i) => (
        <span key={`none-${i}`} className="h-1 w-1.5 rounded-[2px] bg-line" />
      ))}
      {bars.map(({ state, durationMs, title }, i) => (
        <span
          key={i}
          title={title}
          className={clsx("w-1.5 rounded-[2px]", looks[state].ground, state === "RUNNING" && "breathing")}
          style={{ height: `${30 + 70 * (durationMs / longest)}%` }}
        />
      ))}
    </span>
  );
}
