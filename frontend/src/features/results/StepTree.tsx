import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { ArtifactDetailFragment, AttemptDetailFragment, StepDetailFragment } from "@/gql/graphql";
import { formatDuration } from "@/ui/duration";
import { OutcomeIcon } from "@/ui/Outcome";
import { isBad } from "@/ui/looks";
import { Picture } from "./Artifacts";
import { Checks } from "./Checks";

interface Props {
  attempt: AttemptDetailFragment;
  artifacts: ArtifactDetailFragment[];
}

/** The steps of an attempt with their place in time. Those that went wrong are open. */
export function StepTree({ attempt, artifacts }: Props) {
  const total = Math.max(attempt.durationMs, ...attempt.steps.map((s) => s.offsetMs + s.durationMs), 1);
  if (attempt.steps.length === 0) return <p className="text-sm text-faint">No step was made.</p>;
  return (
    <ol aria-label="Steps" className="overflow-hidden rounded-lg border border-line bg-raised">
      {attempt.steps.map((step) => (
        <Step key={step.ordinal} step={step} total={total} pictures={artifacts.filter((a) => a.step === step.ordinal && a.contentType.startsWith("image/"))} />
      ))}
    </ol>
  );
}

function Step({ step, total, pictures }: { step: StepDetailFragment; total: number; pictures: ArtifactDetailFragment[] }) {
  const [open, setOpen] = useState(isBad(step.outcome));
  const detail = hasDetail(step.detail) ? step.detail : null;
  const more = step.checks.length > 0 || detail !== null || step.error !== "" || pictures.length > 0;
  return (
    <li className="border-t border-line first:border-t-0">
      <button
        type="button"
        disabled={!more}
        aria-expanded={more ? open : undefined}
        onClick={() => setOpen(!open)}
        className="grid min-h-10 w-full grid-cols-[auto_auto_minmax(0,1fr)_auto] items-center gap-2.5 px-3 py-1.5 text-left text-sm enabled:hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[auto_auto_minmax(0,1fr)_7rem_4.5rem]"
      >
        <ChevronRight size={14} aria-hidden className={clsx("text-faint transition-transform", open && "rotate-90", !more && "opacity-0")} />
        <OutcomeIcon state={step.outcome} />
        <span className="min-w-0 break-words">{step.name}</span>
        <span aria-hidden className="relative hidden h-1.5 rounded-full bg-line sm:block">
          <span
            className="absolute inset-y-0 min-w-[3px] rounded-full bg-running"
            style={{ left: `${Math.min((step.offsetMs / total) * 100, 98)}%`, width: `${(step.durationMs / total) * 100}%` }}
          />
        </span>
        <span className="text-right text-xs whitespace-nowrap text-faint">{formatDuration(step.durationMs)}</span>
      </button>
      {open && more ? (
        <div className="grid gap-3 border-t border-line bg-sunken px-3 py-3 sm:pl-10">
          {step.error && !step.checks.some((check) => check.message === step.error) ? <p className="text-sm break-words text-failed">{step.error}</p> : null}
          {step.checks.length > 0 ? <Checks checks={step.checks} /> : null}
          {pictures.map((picture) => (
            <Picture key={picture.id} artifact={picture} />
          ))}
          {detail ? <Detail value={detail} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function Detail({ value }: { value: object }) {
  return (
    <dl className="grid gap-2 text-sm">
      {Object.entries(value).map(([name, part]) => (
        <div key={name} className="min-w-0">
          <dt className="text-xs text-faint">{name}</dt>
          <dd>
            <pre className="max-h-96 overflow-auto rounded-md border border-line bg-raised p-2 font-mono text-xs break-words whitespace-pre-wrap" tabIndex={0}>
              {typeof part === "string" ? pretty(part) : JSON.stringify(part, null, 2)}
            </pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function hasDetail(detail: unknown): detail is object {
  return typeof detail === "object" && detail !== null && Object.keys(detail).length > 0;
}

// Bodies are mostly JSON in one line.
function pretty(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
