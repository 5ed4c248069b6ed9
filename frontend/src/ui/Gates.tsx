import { clsx } from "clsx";
import { CircleCheck, CircleX } from "lucide-react";

interface Gate {
  name: string;
  passed: boolean;
  expected: number;
  actual: number;
}

/** What a run as a whole had to reach, and what it reached. */
export function Gates({ gates, label = "Gates" }: { gates: Gate[]; label?: string }) {
  return (
    <ul aria-label={label} className="flex flex-wrap gap-1.5">
      {gates.map(({ name, passed, expected, actual }) => (
        <li key={name} className={clsx("tint inline-flex min-h-6 items-center gap-1 rounded-full px-2 text-xs", passed ? "text-passed" : "text-failed")}>
          {passed ? <CircleCheck size={13} role="img" aria-label="Held" /> : <CircleX size={13} role="img" aria-label="Did not hold" />}
          {name} <span className="text-soft">{short(actual)} against {short(expected)}</span>
        </li>
      ))}
    </ul>
  );
}

function short(value: number): string {
  return String(Number(value.toFixed(3)));
}
