import { clsx } from "clsx";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { AssessmentDetailFragment } from "@/gql/graphql";
import { Panel } from "@/ui/Page";
import { RelativeTime } from "@/ui/Time";
import { EvidenceList } from "./EvidenceList";
import { Judged } from "./Judged";
import { belief, criteria, judges, points, severities, statuses, verdicts } from "./words";

type Criterion = AssessmentDetailFragment["criteria"][number];

/** A judgement with everything that it stands on. */
export function AssessmentView({ assessment }: { assessment: AssessmentDetailFragment }) {
  const { run, score, verdict, status, reason, confidence, coverage, judge, votes, model, createdBy, createdAt, rulesVersion, issues, omittedIssues, recommendations } = assessment;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <section aria-label="Verdict" className="flex flex-wrap items-center gap-x-8 gap-y-3 rounded-lg border border-line bg-raised p-4">
        <div className="flex items-center gap-4">
          <span className={clsx("text-4xl leading-none font-semibold", verdict ? verdicts[verdict].text : "text-faint")}>{score == null ? "–" : points(score)}</span>
          <span>
            <span className="block text-lg font-semibold">{verdict ? verdicts[verdict].word : statuses[status]}</span>
            <span className="block text-sm text-faint">of 100 points, {judges[judge]}</span>
          </span>
        </div>
        <Share name="Confidence" value={confidence} said={belief(confidence)} />
        <Share name="Measured" value={coverage} said="of what could be" />
        <p className="ml-auto text-right text-xs text-faint">
          {votes > 1 ? <span className="block">{votes} votes</span> : null}
          {model ? <span className="block">{model}</span> : <span className="block">rules {rulesVersion}</span>}
          <span className="block">{createdBy ? `asked by ${createdBy} ` : "at the end of the run, "}<RelativeTime at={createdAt} /></span>
        </p>
        {reason ? (
          <p className="w-full text-sm break-words text-soft">
            <strong className="font-medium text-text">{status === "ASSESSED" ? "" : `${whys[status]}: `}</strong>
            {reason}
          </p>
        ) : null}
      </section>
      <section aria-label="Criteria" className="overflow-hidden rounded-lg border border-line bg-raised">
        {assessment.criteria.map((c) => <CriterionRow key={c.criterion} criterion={c} runId={run.id} />)}
      </section>
      {assessment.panel ? <Judged assessment={assessment} panel={assessment.panel} /> : null}
      {issues.length > 0 ? (
        <Panel title="What is wrong" flush>
          <ul>
            {issues.map((issue, i) => (
              <li key={i} className="grid gap-1 border-t border-line px-3 py-2.5 text-sm first:border-t-0">
                <p className="flex flex-wrap items-baseline gap-x-2.5">
                  <span className={clsx("text-xs font-medium", severities[issue.severity].text)}>{severities[issue.severity].word}</span>
                  <span className="min-w-0 font-medium break-words">{issue.title}</span>
                  <span className="text-xs text-faint">{criteria[issue.criterion]}</span>
                </p>
                <p className="break-words text-soft">{issue.detail}</p>
                <EvidenceList evidence={issue.evidence} total={issue.evidenceCount} runId={run.id} />
              </li>
            ))}
          </ul>
          {omittedIssues > 0 ? <p className="border-t border-line px-3 py-2 text-xs text-faint">{omittedIssues} more are left out.</p> : null}
        </Panel>
      ) : null}
      {recommendations.length > 0 ? (
        <Panel title="What to do next" flush>
          <ol>
            {recommendations.map(({ action, reason: why, gain, confidenceGain, criterion }, i) => (
              <li key={i} className="flex gap-3 border-t border-line px-3 py-2.5 text-sm first:border-t-0">
                <span className="text-faint">{i + 1}</span>
                <span className="min-w-0 flex-1">
                  <span className="block break-words">{action}</span>
                  <span className="block text-xs break-words text-faint">{criteria[criterion]}: {why}</span>
                </span>
                <span className="text-right text-xs whitespace-nowrap text-soft">
                  {gain >= 0.005 ? <span className="block">+{(gain * 100).toFixed(1)} points</span> : null}
                  {confidenceGain >= 0.005 ? <span className="block">+{(confidenceGain * 100).toFixed(0)} % confidence</span> : null}
                </span>
              </li>
            ))}
          </ol>
        </Panel>
      ) : null}
    </div>
  );
}

const whys: Record<AssessmentDetailFragment["status"], string> = {
  PENDING: "Is being made", ASSESSED: "", NOT_ASSESSED: "Why there is no score", INCONCLUSIVE: "Why the score is none to rely on",
};

function Share({ name, value, said }: { name: string; value: number; said: string }) {
  return (
    <div className="min-w-32">
      <div className="text-xs text-faint">{name}</div>
      <div className="text-lg font-semibold">{Math.round(value * 100)} % <span className="text-sm font-normal text-faint">{said}</span></div>
    </div>
  );
}

function CriterionRow({ criterion: c, runId }: { criterion: Criterion; runId: string }) {
  const [open, setOpen] = useState(false);
  const band = c.band ? verdicts[c.band] : null;
  return (
    <div className="border-t border-line first:border-t-0">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="grid w-full grid-cols-[auto_minmax(0,1fr)_3rem] items-center gap-3 px-3 py-2.5 text-left hover:bg-hover focus-visible:-outline-offset-2 sm:grid-cols-[auto_12rem_minmax(0,1fr)_3rem_7rem]">
        <ChevronRight size={14} aria-hidden className={clsx("text-faint transition-transform", open && "rotate-90")} />
        <span className="text-sm font-medium">
          {criteria[c.criterion]}
          {c.caps.length > 0 ? <span className="tint ml-2 rounded-full px-1.5 py-px text-xs font-medium text-timed-out">capped</span> : null}
        </span>
        <span aria-hidden className="relative h-2 overflow-hidden rounded-full bg-line max-sm:col-span-2 max-sm:col-start-2 max-sm:row-start-2">
          {c.interval ? <span className="absolute inset-y-0 bg-line-strong/50" style={{ left: `${c.interval.low * 100}%`, width: `${(c.interval.high - c.interval.low) * 100}%` }} /> : null}
          {c.score == null ? null : <span className={clsx("absolute inset-y-0 left-0 rounded-full", band?.ground)} style={{ width: `${c.score * 100}%` }} />}
        </span>
        <span className={clsx("text-right font-semibold max-sm:row-start-1 max-sm:col-start-3", band?.text ?? "text-faint")}>{c.score == null ? "–" : points(c.score)}</span>
        <span className="text-right text-xs text-faint max-sm:hidden">{c.score == null ? "not measured" : `${Math.round(c.share * 100)} % of the score`}</span>
      </button>
      {open ? (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3 border-t border-line bg-sunken px-3 py-3 text-sm sm:pl-10">
          <p className="break-words">{c.reason || c.basis}</p>
          {c.interval ? <p className="text-soft">With 95 % confidence {Math.round(c.interval.low * 100)} to {Math.round(c.interval.high * 100)} % of such cases pass.</p> : null}
          {c.caps.map((cap, i) => (
            <p key={i} className="text-timed-out">At most {points(cap.limit)} points, {points(cap.before)} without this: {cap.reason}</p>
          ))}
          {c.why ? <p className="text-soft">Confidence {Math.round(c.confidence * 100)} %: {c.why}</p> : null}
          {c.parts.length > 0 ? <Parts criterion={c} runId={runId} /> : null}
        </div>
      ) : null}
    </div>
  );
}

function Parts({ criterion: { parts, moreParts, criterion }, runId }: { criterion: Criterion; runId: string }) {
  // A model's parts are answers: nothing was measured of them.
  const measures = parts.some(({ value }) => value != null);
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-raised" tabIndex={0} role="region" aria-label={`Parts of ${criteria[criterion]}`}>
      <table className="w-full text-left text-xs">
        <thead className="text-faint">
          <tr>
            {["Part", ...(measures ? ["Measured", "Good from"] : []), "Weight", "Points", "Evidence"].map((name) => <th key={name} scope="col" className="h-8 px-3 font-medium whitespace-nowrap">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {parts.map((part, i) => (
            <tr key={i} className="border-t border-line align-top">
              <th scope="row" className="max-w-72 min-w-36 px-3 py-1.5 font-normal break-words">{part.name} <span className="text-faint">{part.subject}</span></th>
              {measures ? (
                <>
                  <td className="px-3 py-1.5 whitespace-nowrap">{part.value == null ? "–" : measured(part.value, part.unit)}</td>
                  <td className="px-3 py-1.5 whitespace-nowrap text-faint">{part.good == null ? "" : measured(part.good, part.unit)}</td>
                </>
              ) : null}
              <td className="px-3 py-1.5 text-faint">{Math.round(part.weight * 100)} %</td>
              <td className={clsx("px-3 py-1.5 font-medium", part.score >= 0.9 ? "text-passed" : part.score >= 0.5 ? "text-flaky" : "text-failed")}>{points(part.score)}</td>
              <td className="min-w-48 px-3 py-1.5"><EvidenceList evidence={part.evidence.slice(0, 3)} total={part.evidence.length} runId={runId} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      {moreParts > 0 ? <p className="border-t border-line px-3 py-1.5 text-xs text-faint">{moreParts} more</p> : null}
    </div>
  );
}

function measured(value: number, unit: string): string {
  return `${Number(value.toPrecision(4))}${unit === "1" || unit === "" ? "" : ` ${unit}`}`;
}
