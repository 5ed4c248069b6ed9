import { clsx } from "clsx";
import { Check } from "lucide-react";
import type { GenerationQuery } from "@/gql/graphql";
import type { Progress as Seen } from "./proposals";
import { stages, states } from "./words";

type Generation = NonNullable<GenerationQuery["generation"]>;

/** Where a generation stands, what it counts, and what it left out. */
export function Progress({ generation, progress, running }: { generation: Generation; progress: Seen; running: boolean }) {
  // What was read last and what events tell come in any order; both only grow.
  const candidates = Math.max(generation.candidates, progress.candidates);
  const tried = Math.max(generation.tried, progress.tried);
  const proposed = running ? Math.max(generation.proposed, progress.proposed) : generation.proposed;
  return (
    <section aria-label="Progress" className="grid gap-3 rounded-lg border border-line bg-raised p-3">
      {running ? <Stages at={progress.stage ?? (generation.status === "QUEUED" ? "QUEUED" : "READING")} /> : null}
      <dl className="flex flex-wrap gap-x-10 gap-y-3">
        <Figure name="Made" value={String(candidates)} />
        <Figure name="Tried out" value={String(tried)} />
        <Figure name="Proposed" value={String(proposed)} />
        <Figure name="Covered of the source" value={running ? "–" : `${Math.round(generation.coverage * 100)} %`} />
      </dl>
      {running ? (
        <>
          <div role="progressbar" aria-label="Cases tried out" aria-valuemin={0} aria-valuemax={Math.max(candidates, 1)} aria-valuenow={tried} className="h-2 overflow-hidden rounded-full bg-line">
            <div className="h-full bg-running transition-[width] duration-300 motion-reduce:transition-none" style={{ width: `${candidates > 0 ? (tried / candidates) * 100 : 0}%` }} />
          </div>
          <ul aria-label="Judged last" className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-xs text-faint">
            {progress.judged.map(({ seq, caseId, state }) => <li key={seq} className="min-w-0 break-all">{caseId || "a case that cannot be read"} <span className={states[state].text}>{states[state].word.toLowerCase()}</span></li>)}
          </ul>
        </>
      ) : null}
      {generation.reason ? <p role="status" className="text-sm break-words text-failed">{generation.reason}</p> : null}
      {generation.notes.length > 0 ? (
        <details className="text-sm">
          <summary className="text-soft">What was left out, and why ({generation.notes.length})</summary>
          <ul className="mt-2 grid list-disc gap-1 pl-5 text-xs text-soft">{generation.notes.map((note, i) => <li key={i} className="break-words">{note}</li>)}</ul>
        </details>
      ) : null}
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-xs text-faint">{name}</dt>
      <dd className="text-lg font-semibold">{value}</dd>
    </div>
  );
}

function Stages({ at }: { at: (typeof stages)[number]["stage"] }) {
  const now = stages.findIndex(({ stage }) => stage === at);
  return (
    <ol aria-label="Stages" className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {stages.slice(0, -1).map(({ stage, word }, i) => (
        <li key={stage} aria-current={i === now ? "step" : undefined} className={clsx("inline-flex items-center gap-1.5", i === now ? "font-medium" : i < now ? "text-passed" : "text-faint")}>
          {i < now ? <Check size={14} aria-hidden /> : <span aria-hidden className={clsx("size-2 rounded-full", i === now ? "bg-running breathing" : "bg-line-strong/50")} />}
          {word}
        </li>
      ))}
    </ol>
  );
}
