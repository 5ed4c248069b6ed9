import { useMemo } from "react";
import { diffText, type Piece } from "./diff";

/** What was expected above what was found, with the difference marked in both. */
export function TextDiff({ expected, actual }: { expected: string; actual: string }) {
  const pieces = useMemo(() => diffText(expected, actual), [expected, actual]);
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] overflow-hidden rounded-md border border-line bg-raised text-xs">
      <Side name="Expected" pieces={pieces} own="expected" mark="text-passed bg-[color-mix(in_srgb,var(--passed)_9%,transparent)]" />
      <Side name="Actual" pieces={pieces} own="actual" mark="text-failed bg-[color-mix(in_srgb,var(--failed)_9%,transparent)]" />
    </dl>
  );
}

function Side({ name, pieces, own, mark }: { name: string; pieces: Piece[]; own: Piece["kind"]; mark: string }) {
  const mine = pieces.filter((piece) => piece.kind === "same" || piece.kind === own);
  return (
    <div className="col-span-2 grid grid-cols-subgrid border-t border-line first:border-t-0">
      <dt className="w-18 border-r border-line bg-sunken px-2 py-1.5 text-faint">{name}</dt>
      <dd className="max-h-60 overflow-auto px-2 py-1.5 font-mono break-words whitespace-pre-wrap" tabIndex={0}>
        {mine.length === 0 ? <span className="text-faint">nothing</span> : null}
        {mine.map((piece, i) => (piece.kind === "same" ? <span key={i}>{piece.text}</span> : <mark key={i} className={`rounded-xs ${mark}`}>{piece.text}</mark>))}
      </dd>
    </div>
  );
}
