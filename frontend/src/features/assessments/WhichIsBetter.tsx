import { clsx } from "clsx";
import { Scale } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { useMay } from "@/auth/useIdentity";
import { JudgePairDocument, type JudgePairMutation, type PairPreference, RunsToPairDocument } from "@/gql/graphql";
import { messageOf } from "@/graphql/client";
import { useKeptQuery } from "@/graphql/useKeptQuery";
import { Button } from "@/ui/Button";
import { ErrorNotice } from "@/ui/ErrorNotice";
import { Input } from "@/ui/Field";
import { Panel } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { EvidenceList } from "./EvidenceList";
import { ScoreOf } from "./AssessmentsOfRun";
import { criteria, dollars } from "./words";

type Judgement = JudgePairMutation["judgePair"]["judgement"];

interface Props {
  beforeId: string;
  runId: string;
}

const preferences: Record<PairPreference, { word: string; text: string }> = {
  A: { word: "The one before is better", text: "text-failed" },
  B: { word: "The one after is better", text: "text-passed" },
  TIE: { word: "No difference that matters", text: "text-soft" },
  INCONCLUSIVE: { word: "Inconclusive", text: "text-flaky" },
};

const title = "Which is better?";

/** What the rules give two runs, and the way to ask a model which of them is better. */
export function WhichIsBetter({ beforeId, runId }: Props) {
  const may = useMay("tests:execute");
  const [{ data, fetching: reading }] = useKeptQuery({ query: RunsToPairDocument, variables: { a: beforeId, b: runId } });
  const [{ data: made, error, fetching }, ask] = useMutation(JudgePairDocument);
  const [model, setModel] = useState("");
  const before = data?.a?.assessment;
  const after = data?.b?.assessment;
  if (!data && reading) return <Panel title={title}><Skeleton className="h-9 w-full" /></Panel>;
  if (!before || !after) return null;
  const judgement = made?.judgePair.judgement;
  return (
    <Panel title={title}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <span className="flex items-center gap-2 text-soft">By rules, before <ScoreOf assessment={before} className="w-auto!" /> after <ScoreOf assessment={after} className="w-auto!" /></span>
        {may ? (
          <form
            className="ml-auto flex flex-wrap items-center gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              void ask({ a: before.id, b: after.id, model: model.trim() || null, fresh: judgement !== undefined });
            }}
          >
            <Input aria-label="Model" placeholder="The server’s model" maxLength={200} value={model} onChange={(event) => setModel(event.target.value)} className="w-44!" />
            <Button type="submit" disabled={fetching}><Scale size={15} aria-hidden /> {judgement ? "Ask again" : "Ask a model"}</Button>
          </form>
        ) : null}
      </div>
      <div aria-live="polite">
        {fetching ? <Skeleton className="mt-3 h-20 w-full" /> : error ? <div className="mt-3"><ErrorNotice message={messageOf(error)} /></div> : judgement ? <Said judgement={judgement} beforeId={beforeId} runId={runId} /> : null}
      </div>
    </Panel>
  );
}

function Said({ judgement, beforeId, runId }: { judgement: Judgement } & Props) {
  const { word, text } = judgement.status === "NOT_ASSESSED" ? { word: "Not judged", text: "text-faint" } : preferences[judgement.preferred];
  const cost = judgement.costDollars == null ? "of unknown cost" : dollars(judgement.costDollars);
  return (
    <div className="mt-3 grid gap-3 border-t border-line pt-3 text-sm">
      <p className="break-words"><strong className={text}>{word}</strong>{judgement.reason ? `: ${judgement.reason}` : ""}</p>
      {judgement.criteria.length > 0 ? (
        <ul aria-label="Criteria" className="grid gap-3">
          {judgement.criteria.map((c) => (
            <li key={c.criterion} className="grid gap-x-4 gap-y-1 md:grid-cols-[9rem_minmax(0,1fr)]">
              <span className="font-medium">{criteria[c.criterion]}</span>
              <div className="min-w-0">
                <p className="break-words"><span className={clsx("font-medium", preferences[c.preferred].text)}>{preferences[c.preferred].word}</span>{c.reason ? `: ${c.reason}` : ""}</p>
                <div className="mt-1 grid gap-2 sm:grid-cols-2">
                  <EvidenceList evidence={c.quotesA} total={c.quotesA.length} runId={beforeId} quoted />
                  <EvidenceList evidence={c.quotesB} total={c.quotesB.length} runId={runId} quoted />
                </div>
              </div>
            </li>
          ))}
        </ul>
      ) : null}
      {judgement.model ? (
        <p className="text-xs text-faint">
          {judgement.model}, asked with either run first; {judgement.fromCache ? "from cache" : `${judgement.tokens.toLocaleString("en")} tokens${judgement.estimated ? " by length" : ""}, ${cost}`}.
          {judgement.notes.length > 0 ? ` Dropped: ${judgement.notes.join("; ")}.` : ""}
        </p>
      ) : null}
    </div>
  );
}
