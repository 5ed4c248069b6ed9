import { clsx } from "clsx";
import type { CountsFragment } from "@/gql/graphql";
import { looks, outcomes, type State } from "./looks";

export function OutcomeIcon({ state, size = 16, className }: { state: State; size?: number; className?: string }) {
  const { icon: Icon, text, word } = looks[state];
  return <Icon role="img" aria-label={word} size={size} className={clsx("shrink-0", text, state === "RUNNING" && "turning", className)} />;
}

/** A state as a word in its colour with its shape. */
export function OutcomeBadge({ state, className }: { state: State; className?: string }) {
  const { icon: Icon, text, word } = looks[state];
  return (
    <span className={clsx("tint inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap", text, className)}>
      <Icon size={14} aria-hidden className={clsx("shrink-0", state === "RUNNING" && "turning")} />
      {word}
    </span>
  );
}

/** The share of each outcome as one bar; what is unfinished stays empty. */
export function OutcomeBar({ counts, className }: { counts: CountsFragment; className?: string }) {
  const total = Math.max(counts.total, 1);
  return (
    <div
      role="img"
      aria-label={describeCounts(counts)}
      className={clsx("flex h-2 gap-px overflow-hidden rounded-full bg-line", className)}
    >
      {outcomes.map(({ outcome, count }) =>
        counts[count] > 0 ? (
          <span
            key={outcome}
            className={clsx("min-w-[3px] transition-[width] duration-300 motion-reduce:transition-none", looks[outcome].ground)}
            style={{ width: `${(counts[count] / total) * 100}%` }}
          />
        ) : null,
      )}
    </div>
  );
}

/** How many of each outcome there are, those without any left out. */
export function OutcomeCountsLine({ counts, className }: { counts: CountsFragment; className?: string }) {
  const open = counts.total - counts.finished;
  return (
    <span className={clsx("inline-flex flex-wrap items-center gap-x-2.5 gap-y-0.5 text-sm", className)}>
      {outcomes.map(({ outcome, count }) => {
        const { icon: Icon, text, word } = looks[outcome];
        return counts[count] > 0 ? (
          <span key={outcome} title={word} className={clsx("inline-flex items-center gap-1", text)}>
            <Icon size={14} role="img" aria-label={word} />
            {counts[count]}
          </span>
        ) : null;
      })}
      {open > 0 ? <span className="text-faint">{open} to go</span> : null}
    </span>
  );
}

export function describeCounts(counts: CountsFragment): string {
  const parts = outcomes.filter(({ count }) => counts[count] > 0).map(({ outcome, count }) => `${counts[count]} ${looks[outcome].word.toLowerCase()}`);
  return `${counts.finished} of ${counts.total} finished${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
