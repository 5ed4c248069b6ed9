import { Link } from "@tanstack/react-router";
import type { AssessmentDetailFragment, JudgePanelDetailFragment } from "@/gql/graphql";
import { formatDuration } from "@/ui/duration";
import { Panel } from "@/ui/Page";
import { JudgedItems } from "./JudgedItems";
import { dollars, points } from "./words";

interface Props {
  assessment: AssessmentDetailFragment;
  panel: JudgePanelDetailFragment;
}

/** How a language model's judgement came about: its votes, what they cost, and what they say of each item. */
export function Judged({ assessment, panel }: Props) {
  return (
    <>
      <Panel title="How the model judged">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 xl:grid-cols-6">
          <Figure name="Votes" value={`${panel.counted} of ${panel.votes.length}`} about={panel.counted < panel.votes.length ? "the others did not come in" : "came in"} />
          <Figure name="Agreement" value={`${Math.round(panel.agreement * 100)} %`} about="of the votes, mean over the items" />
          <Figure name="Model" value={assessment.model || "none"} about={panel.screens > 0 ? `saw ${panel.screens === 1 ? "1 screenshot" : `${panel.screens} screenshots`}` : "saw no screenshot"} />
          <Figure name="Tokens" value={panel.tokens.toLocaleString("en")} about={panel.estimated ? "estimated by length" : "as the provider counts"} />
          <Figure name="Cost" value={panel.costDollars == null ? "not known" : dollars(panel.costDollars)} about={panel.costDollars == null ? "the model has no price here" : "US dollars"} />
          <Figure name="Asked" value={panel.fromCache ? "from cache" : "anew"} about={panel.age > 0 ? `the oldest answer is ${formatDuration(panel.age * 1000)} old` : ""} />
        </dl>
        <Votes panel={panel} />
        <Gate assessment={assessment} />
        <Notes panel={panel} />
      </Panel>
      {panel.items.length > 0 ? <JudgedItems key={assessment.id} assessment={assessment} items={panel.items} votes={panel.votes.length} /> : null}
    </>
  );
}

function Figure({ name, value, about }: { name: string; value: string; about: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-faint">{name}</dt>
      <dd>
        <span className="block font-semibold break-words">{value}</span>
        <span className="block text-xs break-words text-faint">{about}</span>
      </dd>
    </div>
  );
}

function Votes({ panel: { votes, rubrics } }: Pick<Props, "panel">) {
  if (votes.length === 0) return null;
  return (
    <details className="mt-3 border-t border-line pt-3 text-sm">
      <summary className="text-soft">Each vote, and the instructions</summary>
      <ol aria-label="Votes" className="mt-2 grid gap-1">
        {votes.map(({ number, reversed, provider, model, fromCache, ageSeconds, tokens, failure }) => (
          <li key={number} className="flex flex-wrap gap-x-3 break-words">
            <span className="w-14 shrink-0 font-medium">Vote {number}</span>
            {failure ? <span className="min-w-0 text-failed">did not come in: {failure}</span> : (
              <>
                <span className="min-w-0">{[provider, model].filter(Boolean).join(", ")}</span>
                <span className="text-faint">{fromCache ? `from cache, ${formatDuration(ageSeconds * 1000)} old` : `${tokens.toLocaleString("en")} tokens`}</span>
                {reversed ? <span className="text-faint">items and evidence in the opposite order</span> : null}
              </>
            )}
          </li>
        ))}
      </ol>
      <p className="mt-2 break-words text-faint">Instructions: {rubrics.map(({ version }) => version).join(", ")}</p>
    </details>
  );
}

function Gate({ assessment: { gate } }: Pick<Props, "assessment">) {
  if (!gate) return null;
  const said = !gate.applied ? "was not applied" : gate.passed ? "holds" : "fails";
  return (
    <p className="mt-3 border-t border-line pt-3 text-sm break-words">
      The plan’s gate asks for {points(gate.expected)} points{gate.actual == null ? "" : `, there are ${points(gate.actual)}`}. It{" "}
      <strong className={gate.applied ? (gate.passed ? "text-passed" : "text-failed") : ""}>{said}</strong>
      {gate.reason ? `: ${gate.reason.replace(/^not applied: /, "")}` : ""}. <Link to="/assessments/calibration" className="link">Calibration</Link>
    </p>
  );
}

function Notes({ panel: { notes, moreNotes } }: Pick<Props, "panel">) {
  if (notes.length === 0) return null;
  return (
    <details className="mt-3 border-t border-line pt-3 text-sm">
      <summary className="text-soft">What was dropped, and why ({notes.length + moreNotes})</summary>
      <ul className="mt-2 grid list-disc gap-1 pl-5 text-xs text-soft">
        {notes.map((note, i) => <li key={i} className="break-words">{note}</li>)}
        {moreNotes > 0 ? <li>and {moreNotes} more</li> : null}
      </ul>
    </details>
  );
}
