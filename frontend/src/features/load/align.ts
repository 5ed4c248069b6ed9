/**
 * Values that were measured at other moments, at these: the newest one that was
 * known then, for as long as the other load went on.
 */
export function alignedTo(at: number[], moments: number[], values: (number | null)[]): (number | null)[] {
  const end = moments.at(-1) ?? 0;
  let next = 0;
  return at.map((second) => {
    while (next < moments.length && (moments[next] ?? 0) < second - 0.5) next++;
    return second > end + 1 ? null : (values[Math.min(next, values.length - 1)] ?? null);
  });
}
