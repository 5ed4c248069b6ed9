import { clsx } from "clsx";
import type { ResultStatus } from "@/gql/graphql";
import { formatDuration } from "@/ui/duration";
import { OutcomeIcon } from "@/ui/Outcome";
import type { ObservedStep } from "@/ui/steps";
import { useNow } from "@/ui/useNow";

interface Props {
  steps: ObservedStep[];
  status: ResultStatus;
  waiting: string | undefined;
}

/** The steps of a case under way with their times, as they go. Its outcome and details come with its end. */
export function ObservedSteps({ steps, status, waiting }: Props) {
  const now = useNow(status === "RUNNING");
  if (status !== "RUNNING") {
    return <p className="rounded-lg border border-dashed border-line p-8 text-center text-sm text-faint">{waiting ?? "Waits for its turn."}</p>;
  }
  const last = steps.at(-1);
  return (
    <div className="grid gap-2">
      <p className="text-sm text-soft">{last?.of ? `Step ${last.index + 1} of ${last.of}` : "Under way"}</p>
      <ol hidden={steps.length === 0} className="overflow-hidden rounded-lg border border-line bg-raised">
        {steps.map((step) => (
          <li key={step.index} className="flex min-h-10 items-center gap-2.5 border-t border-line px-3 py-1.5 text-sm first:border-t-0">
            {/* A case goes on only after a step that passed. */}
            <OutcomeIcon state={step.endedAt === null ? "RUNNING" : "PASSED"} />
            <span className="w-5 shrink-0 text-right text-xs text-faint">{step.index + 1}</span>
            <span className={clsx("min-w-0 flex-1 break-words", !step.name && "text-faint")}>{step.name || "Done between two looks"}</span>
            {step.name ? <span className="text-xs whitespace-nowrap text-faint">{formatDuration(Math.max((step.endedAt ?? now) - step.startedAt, 0))}</span> : null}
          </li>
        ))}
      </ol>
    </div>
  );
}
