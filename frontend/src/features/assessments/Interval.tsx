import { clsx } from "clsx";
import { placeOn } from "./labels";

interface Props {
  name: string;
  about: string;
  value: number | null | undefined;
  interval: { low: number; high: number } | null | undefined;
  line: readonly [from: number, to: number];
  /** How values are written. */
  write: (value: number) => string;
  ticks: readonly number[];
  /** Where it is as good as it should be. */
  from?: number;
}

/** A value with its interval on a line. */
export function Interval({ name, about, value, interval, line, write, ticks, from }: Props) {
  const said = value == null ? "cannot be told yet" : `${write(value)}${interval ? `, with 95 % confidence ${write(interval.low)} to ${write(interval.high)}` : ""}`;
  return (
    <div className="min-w-0">
      <div className="flex flex-wrap items-baseline gap-x-2 text-sm">
        <span className="font-medium">{name}</span>
        <span className={value == null ? "text-faint" : "font-semibold"}>{value == null ? "–" : write(value)}</span>
        <span className="text-xs text-faint">{about}</span>
      </div>
      <div role="img" aria-label={`${name}: ${said}`} className="relative mt-1.5 h-3 rounded-full bg-line">
        {from === undefined ? null : <span className="absolute inset-y-0 right-0 rounded-r-full bg-passed/25" style={{ left: `${placeOn(from, line)}%` }} />}
        {interval ? (
          <span className="absolute top-1 h-1 rounded-full bg-line-strong" style={{ left: `${placeOn(interval.low, line)}%`, width: `${placeOn(interval.high, line) - placeOn(interval.low, line)}%` }} />
        ) : null}
        {value == null ? null : (
          <span className={clsx("absolute top-0 size-3 -translate-x-1/2 rounded-full border-2 border-raised", from === undefined ? "bg-accent" : value >= from ? "bg-passed" : "bg-flaky")} style={{ left: `clamp(6px, ${placeOn(value, line)}%, calc(100% - 6px))` }} />
        )}
      </div>
      <div aria-hidden className="relative mt-0.5 h-4 text-xs text-faint">
        {ticks.map((tick, i) => (
          <span key={tick} className={clsx("absolute", i === 0 ? "left-0" : i === ticks.length - 1 ? "right-0" : "-translate-x-1/2")} style={i === 0 || i === ticks.length - 1 ? undefined : { left: `${placeOn(tick, line)}%` }}>{write(tick)}</span>
        ))}
      </div>
    </div>
  );
}
