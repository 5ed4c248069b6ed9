import { clsx } from "clsx";
import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import type { Limit } from "./limits";
import { rowsOf, scaleOf, type Zone } from "./scale";
import { formatVital, meanings, type Rating, type Run, type Vital } from "./vitals";

const tones: Record<Rating, string> = { good: "text-passed", "needs improvement": "text-flaky", poor: "text-failed", "": "text-soft" };
const grounds: Record<Zone["rating"], string> = { good: "text-passed", fair: "text-flaky", poor: "text-failed" };

/** One metric: where its runs lie between good and poor, how sure that is, and what is asked of it. */
export function VitalLine({ vital, runs, limits }: { vital: Vital; runs: Run[]; limits: Limit[] }) {
  const { name, unit, samples, median, rating, noise } = vital;
  const say = (value: number) => formatVital(value, unit);
  if (samples === 0) {
    return (
      <li className="grid gap-x-4 gap-y-1 border-t border-line px-3 py-2.5 first:border-t-0 md:grid-cols-[9rem_minmax(0,1fr)]">
        <Name name={name} />
        <div className="grid gap-1 text-sm text-faint">
          <p>{name === "INP" ? "No run has one: give the case steps that click, tap or press a key." : "No run has one."}</p>
          <Limits limits={limits} />
        </div>
      </li>
    );
  }
  const { place, zones } = scaleOf(vital, limits.map((limit) => limit.value));
  // Until the runs are read their ends and middle stand for them.
  const values = runs.flatMap((run) => run.values[name] ?? []);
  const dots = values.length > 0 ? values : [vital.min, vital.median, vital.max];
  const rows = rowsOf(dots.map(place));
  return (
    <li className="grid items-center gap-x-4 gap-y-1.5 border-t border-line px-3 py-2.5 first:border-t-0 md:grid-cols-[9rem_minmax(0,1fr)]">
      <div className="flex items-baseline gap-2 md:grid md:gap-0">
        <Name name={name} />
        <span className={clsx("font-semibold", tones[rating])}>{say(median)}</span>
        <span className={clsx("text-xs", tones[rating])}>{rating}</span>
      </div>
      <div className="min-w-0">
        <div
          role="img"
          aria-label={`${name}: median ${say(median)}${rating ? `, ${rating}` : ""}; from ${say(vital.min)} to ${say(vital.max)} in ${samples} ${samples === 1 ? "run" : "runs"}${noise ? `; noise band ${say(noise.low)} to ${say(noise.high)}` : ""}`}
          className="relative h-9 overflow-hidden rounded-md bg-sunken"
        >
          <span className="absolute inset-x-1.5 inset-y-0">
            {zones.map((zone) => (
              <span key={zone.rating} className={clsx("tint absolute inset-y-0", grounds[zone.rating])} style={{ left: `${zone.from}%`, width: `${zone.to - zone.from}%` }} />
            ))}
            {noise ? (
              <span title={`Noise band: ${say(noise.low)} to ${say(noise.high)}`} className="absolute inset-y-1 min-w-1 rounded-sm bg-[color-mix(in_srgb,var(--text)_14%,transparent)]" style={{ left: `${place(noise.low)}%`, width: `${place(noise.high) - place(noise.low)}%` }} />
            ) : null}
            {dots.map((value, i) => (
              <span key={i} title={say(value)} className="absolute size-2 -translate-x-1/2 rounded-full border border-raised bg-text" style={{ left: `${place(value)}%`, top: `${5 + (rows[i] ?? 0) * 9}px` }} />
            ))}
            <span className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-accent" style={{ left: `${place(median)}%` }} />
            {limits.map((limit) => (
              <span key={limit.text} className={clsx("absolute inset-y-0 border-l-2 border-dashed", limit.passed ? "border-passed" : "border-failed")} style={{ left: `${place(limit.value)}%` }} />
            ))}
          </span>
        </div>
        <p className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-faint">
          <span>{say(vital.min)} – {say(vital.max)}</span>
          {noise ? <span>noise band {say(noise.low)} – {say(noise.high)}</span> : null}
          {vital.bands ? <span>good up to {say(vital.bands.good)}, poor above {say(vital.bands.fair)}</span> : null}
        </p>
        <Limits limits={limits} />
      </div>
    </li>
  );
}

function Name({ name }: { name: string }) {
  return <abbr title={meanings[name] ?? name} className="text-sm font-semibold no-underline">{name}</abbr>;
}

function Limits({ limits }: { limits: Limit[] }) {
  if (limits.length === 0) return null;
  return (
    <ul className="mt-0.5 flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
      {limits.map(({ text, passed, unsure }) => (
        <li key={text} className={clsx("inline-flex items-center gap-1", passed ? "text-soft" : "text-failed")}>
          {passed ? <CircleCheck size={13} role="img" aria-label="Held" className="text-passed" /> : <CircleX size={13} role="img" aria-label="Did not hold" />}
          {text}
          {unsure ? (
            <span className="inline-flex items-center gap-1 text-flaky">
              <TriangleAlert size={12} aria-hidden /> not certain: the noise band reaches over it; more runs tell
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
