import type { ComparisonDetailFragment } from "@/gql/graphql";

export const reviewModes = ["side", "slider", "overlay", "blink", "diff"] as const;
export type ReviewMode = (typeof reviewModes)[number];

/** The modes that a comparison can be seen in: without a second picture there is only the one. */
export function modesOf({ baseline, actual, diff, kind }: Pick<ComparisonDetailFragment, "baseline" | "actual" | "diff" | "kind">): ReviewMode[] {
  if (kind !== "SCREENSHOT" || !baseline || !actual) return ["side"];
  return diff ? [...reviewModes] : ["side", "slider", "overlay", "blink"];
}

/** What waits for a person comes first; otherwise they stay in the order in which they were found. */
export function inOrder<One extends Pick<ComparisonDetailFragment, "review">>(comparisons: One[]): One[] {
  const waits = (c: One) => (c.review === "PENDING" ? 0 : 1);
  return comparisons.map((c, i) => ({ c, i })).sort((a, b) => waits(a.c) - waits(b.c) || a.i - b.i).map(({ c }) => c);
}

/** The next one that waits after one that was judged, then any that waits, then the one itself. */
export function nextPending(comparisons: Pick<ComparisonDetailFragment, "id" | "review">[], from: string, judged: ReadonlySet<string>): string {
  const waits = (c: Pick<ComparisonDetailFragment, "id" | "review">) => c.review === "PENDING" && !judged.has(c.id);
  const at = comparisons.findIndex(({ id }) => id === from);
  return (comparisons.slice(at + 1).find(waits) ?? comparisons.find(waits))?.id ?? from;
}

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A region from two corners on a picture that is shown smaller or larger than it is, in the page's pixels. */
export function regionOf(from: { x: number; y: number }, to: { x: number; y: number }, shown: { width: number; height: number }, page: { width: number; height: number }): Region {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  const across = page.width / Math.max(shown.width, 1);
  const down = page.height / Math.max(shown.height, 1);
  const [left, right] = [from.x, to.x].map((x) => clamp(x, shown.width) * across).sort((a, b) => a - b) as [number, number];
  const [top, bottom] = [from.y, to.y].map((y) => clamp(y, shown.height) * down).sort((a, b) => a - b) as [number, number];
  return { x: Math.floor(left), y: Math.floor(top), width: Math.ceil(right) - Math.floor(left), height: Math.ceil(bottom) - Math.floor(top) };
}

/** What the plan says to leave regions out of a comparison. */
export function maskSnippet(regions: Region[]): string {
  return ["mask:", ...regions.map(({ x, y, width, height }) => `  - {rect: {x: ${x}, y: ${y}, width: ${width}, height: ${height}}}`)].join("\n");
}

/** How many pixels of the picture make one of the page: the end of "1280x720@2". */
export function scaleOf(viewport: string): number {
  const scale = Number(/@(\d+(?:\.\d+)?)$/.exec(viewport)?.[1] ?? 1);
  return scale > 0 ? scale : 1;
}
