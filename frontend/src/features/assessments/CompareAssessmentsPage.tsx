import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { GitCompareArrows } from "lucide-react";
import { type AssessmentRowFragment, type CompareAssessmentsQuery, CompareAssessmentsDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Select } from "@/ui/Field";
import { Page, Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { ScoreOf, told, useAssessmentsOf } from "./AssessmentsOfRun";
import { Answer } from "./JudgedItems";
import { criteria, judgeOf, points } from "./words";

type Comparison = NonNullable<CompareAssessmentsQuery["compareAssessments"]>;

interface Props {
  a: string | undefined;
  b: string | undefined;
  onChoose: (search: { a: string; b: string }) => void;
}

/** Two assessments side by side, such as those of two models. */
export function CompareAssessmentsPage({ a, b, onChoose }: Props) {
  const [{ data, error, fetching }, read] = useKeptQuery({ query: CompareAssessmentsDocument, variables: { a: a ?? "", b: b ?? "" }, pause: !a || !b });
  const found = data?.compareAssessments;
  const run = found?.a.run;
  const choices = useAssessmentsOf(run?.id);
  return (
    <Page
      title="Compare assessments"
      above={
        <>
          <Link to="/assessments" className="hover:text-text">Assessments</Link>
          {run ? (
            <>
              <span aria-hidden>/</span>
              <Link to="/runs/$runId" params={{ runId: run.id }} search={{ view: "quality" }} className="truncate hover:text-text">{run.name}</Link>
            </>
          ) : null}
        </>
      }
    >
      {found && a && b ? (
        <Sides found={found} choices={choices} onChoose={(side, id) => onChoose({ a, b, [side]: id })} />
      ) : error ? (
        <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} />
      ) : fetching ? (
        <Skeleton className="h-96 w-full" />
      ) : (
        <EmptyState icon={GitCompareArrows} title="Choose two assessments" action={<Button asChild><Link to="/assessments">Assessments</Link></Button>}>
          Open an assessment of a run that two judges have judged. Beside each other judge stands the way to compare them.
        </EmptyState>
      )}
    </Page>
  );
}

function Sides({ found, choices, onChoose }: { found: Comparison; choices: AssessmentRowFragment[]; onChoose: (side: "a" | "b", id: string) => void }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        {(["a", "b"] as const).map((side) => (
          <section key={side} aria-label={side === "a" ? "First" : "Second"} className="grid gap-2 rounded-lg border border-line bg-raised p-3">
            <Select aria-label={side === "a" ? "First assessment" : "Second assessment"} value={found[side].id} onChange={(event) => onChoose(side, event.target.value)}>
              {withOwn(choices, found[side]).map((each) => <option key={each.id} value={each.id}>{judgeOf(each)}{each.score == null ? "" : `, ${points(each.score)} points`}</option>)}
            </Select>
            <div className="flex items-center gap-3">
              <ScoreOf assessment={found[side]} className="w-auto! text-3xl!" />
              <span className="min-w-0 text-sm break-words text-soft">{told(found[side])}</span>
            </div>
            <Link to="/assessments/$assessmentId" params={{ assessmentId: found[side].id }} className="link text-sm">Open it</Link>
          </section>
        ))}
      </div>
      <p className="text-sm text-soft">
        {found.difference == null ? "Not both have a score." : found.difference === 0 ? "Both give the same score." : `The second gives ${Math.abs(found.difference * 100).toFixed(1)} points ${found.difference > 0 ? "more" : "less"}.`}{" "}
        {found.agreement == null ? "There is no item that both have decided." : `Of ${found.items} items that both have decided, ${Math.round(found.agreement * 100)} % have the same answer.`}
      </p>
      <Panel title="Criteria" flush>
        <table className="w-full text-left text-sm">
          <thead className="text-xs text-faint">
            <tr>{["Criterion", "First", "Second", "Difference"].map((name, i) => <th key={name} scope="col" className={clsx("h-8 px-3 font-medium", i > 0 && "text-right")}>{name}</th>)}</tr>
          </thead>
          <tbody>
            {found.criteria.map(({ criterion, a, b, difference }) => (
              <tr key={criterion} className="border-t border-line">
                <th scope="row" className="px-3 py-2 font-normal">{criteria[criterion]}</th>
                <td className="px-3 text-right">{a == null ? "–" : points(a)}</td>
                <td className="px-3 text-right">{b == null ? "–" : points(b)}</td>
                <td className={clsx("px-3 text-right", difference == null || difference === 0 ? "text-faint" : difference > 0 ? "text-passed" : "text-failed")}>
                  {difference == null ? "–" : `${difference > 0 ? "+" : ""}${(difference * 100).toFixed(1)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      {found.differing.length > 0 ? (
        <Panel title="Items of which they say different things" flush>
          <ul>
            {found.differing.map((item) => (
              <li key={`${item.criterion} ${item.id}`} className="grid items-center gap-x-3 gap-y-1.5 border-t border-line px-3 py-2.5 text-sm first:border-t-0 sm:grid-cols-[minmax(0,1fr)_8rem_8rem]">
                <span className="min-w-0 break-words">{item.question} <span className="text-xs text-faint">{criteria[item.criterion]}</span></span>
                {([["First", item.a], ["Second", item.b]] as const).map(([name, answer]) => (
                  <span key={name} className="flex items-center gap-2 text-xs text-faint"><span>{name}</span> {answer ? <Answer answer={answer} /> : "not asked"}</span>
                ))}
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </div>
  );
}

// One of another run, or an old one, is not among those that are listed.
function withOwn(choices: AssessmentRowFragment[], own: AssessmentRowFragment): AssessmentRowFragment[] {
  return choices.some(({ id }) => id === own.id) ? choices : [own, ...choices];
}
