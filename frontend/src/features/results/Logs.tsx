import { clsx } from "clsx";
import type { AttemptDetailFragment } from "@/gql/graphql";

const tones: Record<string, string> = { error: "text-failed", warn: "text-flaky", debug: "text-faint" };

/** Lines that the executor wrote. */
export function Logs({ lines }: { lines: AttemptDetailFragment["logs"] }) {
  if (lines.length === 0) return <p className="text-sm text-faint">No line was written.</p>;
  return (
    <div tabIndex={0} role="log" aria-label="Log" aria-live="off" className="max-h-[32rem] overflow-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs leading-5">
      {lines.map(({ level, message, atMs }, i) => (
        <p key={i} className="flex gap-2.5">
          <span className="w-16 shrink-0 text-right text-faint select-none">{(atMs / 1000).toFixed(3)}</span>
          <span className={clsx("w-10 shrink-0", tones[level] ?? "text-soft")}>{level}</span>
          <span className="min-w-0 break-words whitespace-pre-wrap">{message}</span>
        </p>
      ))}
    </div>
  );
}
