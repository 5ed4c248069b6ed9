import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { ArtifactDetailFragment, AttemptDetailFragment, StepDetailFragment } from "@/gql/graphql";
import { formatDuration } from "@/ui/duration";
import { OutcomeIcon } from "@/ui/Outcome";
import { isBad } from "@/ui/looks";
import { Picture } from "./Artifacts";
import { Checks } from "./Checks";
import { Exchange } from "./Exchange";
import { pretty } from "./pretty";
import { isObject } from "./unknown";

interface Props {
  attempt: AttemptDetailFragment;
  artifacts: ArtifactDetailFragment[];
  /** Ordinal of the step that somebody was sent to. */
  lookFor?: number | undefined;
}

/** The steps of an attempt with their place in time. Those that went wrong are open. */
export function StepTree({ attempt, artifacts, lookFor }: Props) {
  const total = Math.max(attempt.durationMs, ...attempt.steps.map((s) => s.offsetMs + s.durationMs), 1);
  if (attempt.steps.length === 0) return <p className="text-sm text-faint">No step was made.</p>;
  return (
    <ol aria-label="Steps" className="overflow-hidden rounded-lg border border-line bg-raised">
      {attempt.steps.map((step) => (
        <Step key={step.ordinal} step={step} soughtFor={step.ordinal === lookFor} total={total} pictures={artifacts.filter((a) => a.step === step.ordinal && a.contentType.startsWith("image/"))} />
      ))}
    </ol>
  );
}

function Step({ step, soughtFor, total, pictures }: { step: StepDetailFragment; soughtFor: boolean; total: number; pictures: ArtifactDetailFragment[] }) {
  const [open, setOpen] = useState(isBad(step.outcome) || soughtFor);
  const detail = isObject(step.detail) && Object.keys(step.detail).length > 0 ? step.detail : null;
  const rest = detail ? restOf(detail) : null;
  const more = step.checks.length > 0 || detail !== null || step.error !== "" || pictures.length > 0;
  return (
    <li ref={soughtFor ? show : undefined} aria-current={soughtFor || undefined} className={clsx("border-t border-line first:border-t-0", soughtFor && "border-l-2 border-l-accent")}>
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
          {detail && (isObject(detail.request) || isObject(detail.response)) ? <Exchange request={detail.request} response={detail.response} /> : null}
          {pictures.map((picture) => (
            <Picture key={picture.id} artifact={picture} />
          ))}
          {rest ? <Detail value={rest} /> : null}
        </div>
      ) : null}
    </li>
  );
}

function show(step: HTMLLIElement | null) {
  step?.scrollIntoView({ block: "center" });
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

// What has no view of its own.
function restOf(detail: Record<string, unknown>): object | null {
  const rest = Object.entries(detail).filter(([name, part]) => !((name === "request" || name === "response") && isObject(part)));
  return rest.length > 0 ? Object.fromEntries(rest) : null;
}
