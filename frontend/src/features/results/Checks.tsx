import { clsx } from "clsx";
import { CircleCheck, CircleX } from "lucide-react";
import type { StepDetailFragment } from "@/gql/graphql";
import { TextDiff } from "@/ui/TextDiff";

/** Assertions; those that did not hold show what was expected and what was found. */
export function Checks({ checks }: { checks: StepDetailFragment["checks"] }) {
  return (
    <ul aria-label="Checks" className="grid gap-2">
      {checks.map(({ name, passed, expected, actual, message }, i) => (
        <li key={i} className="min-w-0">
          <div className="flex items-start gap-2 text-sm">
            {passed ? (
              <CircleCheck size={15} role="img" aria-label="Held" className="mt-0.5 shrink-0 text-passed" />
            ) : (
              <CircleX size={15} role="img" aria-label="Did not hold" className="mt-0.5 shrink-0 text-failed" />
            )}
            <span className="min-w-0">
              <span className={clsx("break-words", passed && "text-soft")}>{name}</span>
              {passed || !message ? null : <span className="block break-words text-failed">{message}</span>}
            </span>
          </div>
          {passed || (expected === "" && actual === "") ? null : (
            <div className="mt-1.5 sm:ml-6">
              <TextDiff expected={expected} actual={actual} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
