import { formatDuration, formatInstant, formatRelative } from "./duration";
import { useNow } from "./useNow";

/** How long ago, or how soon; the instant in the reader's zone is its title. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)} className="whitespace-nowrap">
      {formatRelative(Date.parse(at), now)}
    </time>
  );
}

interface ElapsedProps {
  from: string;
  /** Absent while it goes on. */
  to?: string | null | undefined;
}

/** The time between two instants, which grows while there is no second one. */
export function Elapsed({ from, to }: ElapsedProps) {
  const now = useNow(!to);
  const ms = (to ? Date.parse(to) : now) - Date.parse(from);
  return <span className="whitespace-nowrap">{formatDuration(to ? Math.max(ms, 0) : Math.max(Math.floor(ms / 1000) * 1000, 0))}</span>;
}
