import { clsx } from "clsx";
import { useMemo, useState } from "react";
import { useText } from "@/auth/useContent";
import { Chips } from "@/ui/Chips";
import { Skeleton } from "@/ui/Skeleton";
import { Unread } from "@/ui/Unread";
import { consoleLevels, type ConsoleLevel, readConsole } from "./console";

const tones: Record<ConsoleLevel, string> = { error: "text-failed", warning: "text-flaky", info: "text-soft", debug: "text-faint" };

/** What the pages of an attempt wrote to the console. */
export function Console({ url }: { url: string }) {
  const { value: text, trouble, again } = useText(url);
  const lines = useMemo(() => (text === null ? null : readConsole(text)), [text]);
  const [levels, setLevels] = useState<ConsoleLevel[]>([]);
  if (trouble) return <Unread what="The console" away={trouble === "away"} onRetry={again} className="h-40" />;
  if (!lines) return <Skeleton className="h-40 w-full" />;
  if (lines.length === 0) return <p className="text-sm text-faint">The pages wrote nothing.</p>;
  const shown = levels.length === 0 ? lines : lines.filter(({ level }) => levels.includes(level));
  return (
    <div className="grid gap-2">
      <Chips
        label="Levels"
        chosen={levels}
        onChange={setLevels}
        options={consoleLevels
          .map((name) => ({ name, count: lines.filter(({ level }) => level === name).length }))
          .filter(({ count }) => count > 0)
          .map(({ name, count }) => ({ name, content: <>{name} <span className="text-faint">{count}</span></> }))}
      />
      <ol aria-label="Console" tabIndex={0} className="max-h-[32rem] overflow-auto rounded-lg border border-line bg-sunken py-1 font-mono text-xs leading-5">
        {shown.map(({ level, text: said, where, uncaught, at }, i) => (
          <li key={i} className="flex gap-2.5 border-t border-line px-3 py-0.5 first:border-t-0">
            <span className="shrink-0 text-faint select-none">{at}</span>
            <span className="min-w-0 flex-1">
              <span className={clsx("break-words whitespace-pre-wrap", tones[level])}>{uncaught ? "Uncaught: " : ""}{said}</span>
              {where ? <span className="block truncate text-faint">{where}</span> : null}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
