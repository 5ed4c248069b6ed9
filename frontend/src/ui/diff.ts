export interface Piece {
  kind: "same" | "expected" | "actual";
  text: string;
}

/** Above this product of lengths the texts are shown whole: nobody reads such a difference by words. */
const limit = 400_000;

/** What two texts have in common and where they part, by words and signs. */
export function diffText(expected: string, actual: string): Piece[] {
  const a = split(expected);
  const b = split(actual);
  if (a.length * b.length > limit) return join([{ kind: "expected", text: expected }, { kind: "actual", text: actual }]);
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && left === right) {
      pieces.push({ kind: "same", text: left });
      i++;
      j++;
    } else if (right === undefined || (left !== undefined && at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ kind: "expected", text: left ?? "" });
      i++;
    } else {
      pieces.push({ kind: "actual", text: right });
      j++;
    }
  }
  return join(pieces);
}

function split(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function join(pieces: Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else joined.push({ ...piece });
  }
  return joined;
}
