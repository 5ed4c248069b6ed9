import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { ArrowUpRight } from "lucide-react";
import type { ReactNode } from "react";
import type { EvidenceDetailFragment } from "@/gql/graphql";
import { placeOf } from "./words";

interface Props {
  evidence: EvidenceDetailFragment[];
  total: number;
  runId: string;
  /** Whether its words are shown, word for word. */
  quoted?: boolean;
}

/** What a statement stands on, each with the way to where it stands. */
export function EvidenceList({ evidence, total, runId, quoted = false }: Props) {
  if (evidence.length === 0) return null;
  return (
    <ul className="grid gap-1 text-xs text-soft">
      {evidence.map((e, i) => (
        <li key={i} className={clsx("min-w-0 break-words", quoted && "mt-0.5")} title={quoted ? undefined : e.quote}>
          {quoted && e.quote ? <q className="block border-l-2 border-line-strong/50 pl-2 font-mono text-text">{e.quote}</q> : null}
          <Way evidence={e} runId={runId}>{`${e.caseKey || e.kind.toLowerCase()}${e.step == null ? "" : `, step ${e.step + 1}`}${e.name ? `: ${e.name}` : ""}`}</Way>
        </li>
      ))}
      {total > evidence.length ? <li className="text-faint">and {total - evidence.length} more</li> : null}
    </ul>
  );
}

function Way({ evidence, runId, children }: { evidence: EvidenceDetailFragment; runId: string; children: ReactNode }) {
  const place = placeOf(evidence);
  const said = <>{children} <ArrowUpRight size={11} aria-hidden className="inline" /></>;
  switch (place?.page) {
    case "result":
      return <Link to="/runs/$runId/results/$resultId" params={{ runId, resultId: place.id }} search={{ attempt: place.attempt, step: place.step }} className="link">{said}</Link>;
    case "comparison":
      return <Link to="/runs/$runId/review" params={{ runId }} search={{ c: place.id }} className="link">{said}</Link>;
    case "cases":
      return <Link to="/runs/$runId" params={{ runId }} search={{ q: place.key }} className="link">{said}</Link>;
    default:
      return children;
  }
}
