import { Link } from "@tanstack/react-router";
import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { Gates } from "@/ui/Gates";
import { OutcomeIcon } from "@/ui/Outcome";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import type { Flaky, gatedOf, PastRun } from "./stats";

/** Whether the newest run of each plan that has gates reached what it had to. */
export function GatesPanel({ gated }: { gated: ReturnType<typeof gatedOf> | null }) {
  const held = gated?.filter((each) => each.held).length ?? 0;
  return (
    <Panel title="Gates" flush actions={gated && gated.length > 0 ? <span className="text-xs text-faint">{held} of {gated.length} hold</span> : null}>
      {gated === null ? (
        <Waiting />
      ) : gated.length === 0 ? (
        <p className="p-3 text-sm text-faint">No plan of these runs has gates. Under <code className="font-mono text-xs">gates:</code> a plan says what a run must reach as a whole.</p>
      ) : (
        <ul>
          {gated.slice(0, 6).map(({ run }) => (
            <Line key={run.id} run={run}>
              <Gates gates={run.gates.filter(({ passed }) => !passed || run.gates.every((gate) => gate.passed))} label={`Gates of ${run.name}`} />
            </Line>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Which plans have cases that pass only when they are tried again. */
export function FlakyPanel({ flaky }: { flaky: Flaky[] | null }) {
  return (
    <Panel title="Flaky" flush>
      {flaky === null ? (
        <Waiting />
      ) : flaky.length === 0 ? (
        <p className="flex items-center gap-2 p-3 text-sm text-soft">
          <CircleCheck size={16} className="shrink-0 text-passed" aria-hidden /> No case had to be tried again to pass.
        </p>
      ) : (
        <ul>
          {flaky.slice(0, 6).map(({ run, results, runs, of }) => (
            <Line key={run.id} run={run} flaky>
              <p className="text-xs text-faint">
                {results === 1 ? "1 result" : `${results} results`} in {runs} of {of === 1 ? "1 run" : `${of} runs`}, last <RelativeTime at={run.createdAt} />
              </p>
            </Line>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Line({ run: { id, name, environment, status }, flaky = false, children }: { run: PastRun; flaky?: boolean; children: ReactNode }) {
  return (
    <li className="relative grid gap-1 border-t border-line px-3 py-2 first:border-t-0 hover:bg-hover">
      <span className="flex min-w-0 items-center gap-2">
        <OutcomeIcon state={flaky ? "FLAKY" : status} size={15} />
        <Link to="/runs/$runId" params={{ runId: id }} search={flaky ? { state: ["FLAKY"] } : {}} className="min-w-0 flex-1 truncate text-sm font-medium after:absolute after:inset-0">{name}</Link>
        {environment ? <span className="text-xs text-faint">{environment}</span> : null}
      </span>
      {children}
    </li>
  );
}

function Waiting() {
  return (
    <div className="grid gap-2 p-3">
      <Skeleton className="h-5 w-2/3" />
      <Skeleton className="h-5 w-full" />
    </div>
  );
}
