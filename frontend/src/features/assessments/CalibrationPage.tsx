import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Scale, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { CalibrationDocument, type CalibrationDetailFragment, JudgementsDocument, type JudgementsQuery } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { Chips } from "@/ui/Chips";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Page, Panel } from "@/ui/Page";
import { Skeleton, SkeletonRows } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { Interval } from "./Interval";
import { differs, kappaWord } from "./labels";
import { answers, criteria, judgeOf } from "./words";

/** How far the judge agrees with people, and whether it may fail a gate. */
export function CalibrationPage({ after }: { after: string | undefined }) {
  const [{ data, error }, read] = useKeptQuery({ query: CalibrationDocument });
  return (
    <Page
      title="Calibration"
      above={<Link to="/assessments" className="hover:text-text">Assessments</Link>}
      about="How far the model that judges agrees with the people of this project. Only a calibrated judge may fail a plan’s gate."
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {data ? (
          <div className="grid gap-4 lg:grid-cols-2">
            {[data.functionality, data.ui, data.performance, data.accessibility].map((each) => <Criterion key={each.criterion} calibration={each} />)}
          </div>
        ) : error ? (
          <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} />
        ) : (
          <div role="status" aria-label="Reading the calibration" className="grid gap-4 lg:grid-cols-2">
            {Array.from({ length: 4 }, (_, i) => <Skeleton key={i} className="h-80" />)}
          </div>
        )}
        <Labels after={after} />
      </div>
    </Page>
  );
}

const share = (value: number) => `${Math.round(value * 100)} %`;
const kappa = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2).replace(/^-0\.00$/, "0.00"));

// Cohen's κ from 0.6 is substantial; a server may ask for more or less, and says so in its reason.
const substantial = 0.6;

function Criterion({ calibration: c }: { calibration: CalibrationDetailFragment }) {
  const Icon = c.calibrated ? ShieldCheck : ShieldQuestion;
  const labelled = c.n + c.abstained + c.unclear;
  return (
    <section aria-label={criteria[c.criterion]} className="grid content-start gap-3 rounded-lg border border-line bg-raised p-4">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="flex-1 font-semibold">{criteria[c.criterion]}</h2>
        <span className={clsx("tint inline-flex h-6 items-center gap-1 rounded-full px-2 text-xs font-medium", c.calibrated ? "text-passed" : "text-flaky")}>
          <Icon size={14} aria-hidden /> {c.calibrated ? "May fail a gate" : "May not fail a gate"}
        </span>
        <p className="w-full text-xs break-words text-faint">{c.model ? `${c.model}, instructions ${c.promptVersion}` : "No model’s items are labelled yet."}</p>
      </header>
      {c.reason ? <p className="text-sm break-words text-soft">What is missing: {c.reason}.</p> : null}
      <p className="text-sm">
        <strong>{labelled}</strong> {labelled === 1 ? "item is" : "items are"} labelled; {c.n} decided by both, {c.agree} of them alike
        {c.abstained > 0 ? `; ${c.abstained} left open by the judge` : ""}
        {c.unclear > 0 ? `; ${c.unclear} left open by people` : ""}.
      </p>
      <Interval name="Cohen’s κ" about={c.kappa == null ? "agreement beyond chance" : `${kappaWord(c.kappa)}; agreement beyond chance`} value={c.kappa} interval={c.kappaInterval} line={[-1, 1]} ticks={[-1, 0, substantial, 1]} write={kappa} from={substantial} />
      <Interval name="True positive rate" about="of what people pass, passed by the judge" value={c.tpr} interval={c.tprInterval} line={[0, 1]} ticks={[0, 0.5, 1]} write={share} />
      <Interval name="True negative rate" about="of what people fail, failed by the judge" value={c.tnr} interval={c.tnrInterval} line={[0, 1]} ticks={[0, 0.5, 1]} write={share} />
    </section>
  );
}

type Judgement = JudgementsQuery["assessments"]["nodes"][number];

// More than people read at once; the page stays quick.
const atOnce = 100;

function Labels({ after }: { after: string | undefined }) {
  const [{ data, error }, read] = useKeptQuery({ query: JudgementsDocument, variables: { after: after ?? null } });
  const [only, setOnly] = useState<"differ"[]>([]);
  const [all, setAll] = useState(false);
  if (!data) return error ? <ErrorNotice message={messageOf(error)} onRetry={() => read({ requestPolicy: "network-only" })} /> : <SkeletonRows rows={4} label="Reading the labels" />;
  const { nodes, pageInfo } = data.assessments;
  const judged = nodes.filter(({ status }) => status !== "PENDING");
  if (judged.length === 0 && !pageInfo.hasNextPage && !after) {
    return (
      <EmptyState icon={Scale} title="No model has judged a run yet" action={<Button asChild><Link to="/runs">Runs</Link></Button>}>
        Open a run that has ended, and ask a model on its Quality tab. Then label its items: each label says whether the judge was right.
      </EmptyState>
    );
  }
  const labels = judged.flatMap(({ run, labels }) => labels.map((label) => ({ run, label }))).sort((x, y) => y.label.updatedAt.localeCompare(x.label.updatedAt));
  const chosen = only.length > 0 ? labels.filter(({ label }) => differs(label)) : labels;
  const shown = all ? chosen : chosen.slice(0, atOnce);
  return (
    <>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel
          flush
          title={after ? "Labels on these judgements" : "Labels on the newest judgements"}
          actions={labels.length > 0 ? <Chips label="Which labels" chosen={only} onChange={setOnly} options={[{ name: "differ", content: <>The judge differs <span className="text-faint">{labels.filter(({ label }) => differs(label)).length}</span></> }]} /> : undefined}
        >
          {chosen.length === 0 ? <p className="p-4 text-sm text-soft">{labels.length === 0 ? "Nothing is labelled yet. Open one of the judgements, and say what is right of each item." : "People and the judge agree on all of them."}</p> : null}
          <ul aria-label="Labels">
            {shown.map(({ run, label }) => (
              <li key={label.id} className="relative grid gap-0.5 border-t border-line px-3 py-2 text-sm first:border-t-0 hover:bg-hover">
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <Link to="/assessments/$assessmentId" params={{ assessmentId: label.assessmentId }} className="min-w-0 break-words font-medium after:absolute after:inset-0">{label.item ? label.item.replaceAll("_", " ") : "as a whole"}</Link>
                  <span className="text-xs text-faint">{criteria[label.criterion]}, {run.name}</span>
                </span>
                <span className="text-xs break-words text-soft">
                  {label.labelledBy || "Somebody"} says <span className={answers[label.label].text}>{answers[label.label].word.toLowerCase()}</span>, the judge <span className={answers[label.said].text}>{answers[label.said].word.toLowerCase()}</span>
                  {label.note ? `: “${label.note}”` : ""} <span className="text-faint"><RelativeTime at={label.updatedAt} /></span>
                </span>
              </li>
            ))}
          </ul>
          {shown.length < chosen.length ? <p className="border-t border-line p-2"><Button small onClick={() => setAll(true)}>Show all {chosen.length}</Button></p> : null}
        </Panel>
        <Judgements judged={judged} />
      </div>
      {after || pageInfo.hasNextPage ? (
        <nav aria-label="Pages of judgements" className="flex gap-2">
          {after ? <Button small asChild><Link to="/assessments/calibration" search={{}}>Newest</Link></Button> : null}
          {pageInfo.hasNextPage ? <Button small asChild><Link to="/assessments/calibration" search={{ after: pageInfo.endCursor ?? undefined }}>Older</Link></Button> : null}
        </nav>
      ) : null}
    </>
  );
}

function Judgements({ judged }: { judged: Judgement[] }) {
  return (
    <Panel title="Judgements to label" flush>
      {judged.length === 0 ? <p className="p-4 text-sm text-soft">None of these has come in.</p> : null}
      <ul aria-label="Judgements">
        {judged.map((assessment) => (
          <li key={assessment.id} className="relative flex flex-wrap items-baseline gap-x-3 border-t border-line px-3 py-2 text-sm first:border-t-0 hover:bg-hover">
            <Link to="/assessments/$assessmentId" params={{ assessmentId: assessment.id }} className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0">{assessment.run.name}</Link>
            <span className="text-xs text-faint">{judgeOf(assessment)}</span>
            <span className={clsx("text-xs", assessment.labels.length > 0 ? "text-soft" : "text-flaky")}>{assessment.labels.length === 0 ? "no label" : assessment.labels.length === 1 ? "1 label" : `${assessment.labels.length} labels`}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
