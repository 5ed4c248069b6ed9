import { Link } from "@tanstack/react-router";
import { ArrowUpRight } from "lucide-react";
import type { FailureClusterDetailFragment } from "@/gql/graphql";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";
import { RelativeTime } from "@/ui/Time";
import { causes } from "./failures";

interface Props {
  cluster: FailureClusterDetailFragment;
  runId: string;
  /** Absent for those who may not. */
  onAsk: (() => void) | undefined;
}

/** What a model says caused failures, with what it quotes. */
export function Analysis({ cluster: { analysis }, runId, onAsk }: Props) {
  if (!analysis) return null;
  if (analysis.status === "PENDING") {
    return (
      <div role="status" aria-label="A model looks at it" className="grid gap-2 border-t border-line px-3 py-3">
        <Skeleton className="h-3.5 w-40" />
        <Skeleton className="h-3.5 w-4/5" />
      </div>
    );
  }
  if (analysis.status === "NOT_ANALYZED" || !analysis.cause) {
    return (
      <div className="flex flex-wrap items-center gap-3 border-t border-line px-3 py-2 text-sm">
        <p className="min-w-0 flex-1 break-words text-soft">No model has said why: {analysis.reason || "none gave an answer"}.</p>
        {onAsk ? <Button small onClick={onAsk}>Ask again</Button> : null}
      </div>
    );
  }
  return (
    <div className="grid gap-1.5 border-t border-line bg-sunken px-3 py-2.5 text-sm">
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className={`font-medium ${causes[analysis.cause].text}`}>{causes[analysis.cause].word}</span>
        <span className="text-xs text-faint">
          says {analysis.model || "a model"}, {Math.round(analysis.confidence * 100)} % of {analysis.votes === 1 ? "1 answer" : `${analysis.votes} answers`}
          {analysis.finishedAt ? <>, <RelativeTime at={analysis.finishedAt} /></> : null}
        </span>
      </p>
      {analysis.explanation ? <p className="break-words">{analysis.explanation}</p> : null}
      <ul className="grid gap-1 text-xs">
        {analysis.quotes.map(({ text, resultId, caseKey }, i) => (
          <li key={i} className="break-words">
            <q className="block border-l-2 border-line-strong/50 pl-2 font-mono">{text}</q>
            <Link to="/runs/$runId/results/$resultId" params={{ runId, resultId }} className="link">{caseKey} <ArrowUpRight size={11} aria-hidden className="inline" /></Link>
          </li>
        ))}
      </ul>
      {analysis.dropped > 0 ? <p className="text-xs text-faint">{analysis.dropped === 1 ? "1 quotation was" : `${analysis.dropped} quotations were`} in no failure, and dropped.</p> : null}
    </div>
  );
}
