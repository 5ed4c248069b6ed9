import { describe, expect, it } from "vitest";
import { inOrder, maskSnippet, modesOf, nextPending, regionOf, scaleOf } from "./review";

const c = (id: string, review: "PENDING" | "ACCEPTED" | "REJECTED" | "UNNEEDED") => ({ id, review });

describe("the order of reviews", () => {
  it("has what waits first", () => {
    expect(inOrder([c("a", "ACCEPTED"), c("b", "PENDING"), c("c", "UNNEEDED"), c("d", "PENDING")]).map(({ id }) => id)).toEqual(["b", "d", "a", "c"]);
  });

  it.each([
    ["the one after it", "b", [], "d"],
    ["the first, after the last", "d", [], "b"],
    ["none that was judged just now", "b", ["b", "d"], "e"],
    ["itself, when nothing waits", "a", ["b", "d", "e"], "a"],
  ])("goes on to %s", (_name, from, judged, want) => {
    const all = [c("a", "ACCEPTED"), c("b", "PENDING"), c("c", "REJECTED"), c("d", "PENDING"), c("e", judged.length > 0 ? "PENDING" : "ACCEPTED")];
    expect(nextPending(all, from, new Set(judged))).toBe(want);
  });
});

it("offers only what can be shown", () => {
  const picture = { id: "1" } as never;
  expect(modesOf({ kind: "SCREENSHOT", baseline: null, actual: picture, diff: null })).toEqual(["side"]);
  expect(modesOf({ kind: "SCREENSHOT", baseline: picture, actual: picture, diff: null })).not.toContain("diff");
  expect(modesOf({ kind: "SCREENSHOT", baseline: picture, actual: picture, diff: picture })).toHaveLength(5);
  expect(modesOf({ kind: "ARIA", baseline: picture, actual: picture, diff: null })).toEqual(["side"]);
});

describe("a region", () => {
  it("is told in the page's pixels, whichever corner comes first", () => {
    expect(regionOf({ x: 60, y: 50 }, { x: 10, y: 10 }, { width: 100, height: 100 }, { width: 1000, height: 500 })).toEqual({ x: 100, y: 50, width: 500, height: 200 });
  });

  it("ends where the picture ends", () => {
    expect(regionOf({ x: -5, y: 90 }, { x: 500, y: 500 }, { width: 100, height: 100 }, { width: 200, height: 100 })).toEqual({ x: 0, y: 90, width: 200, height: 10 });
  });

  it("is a line of the plan", () => {
    expect(maskSnippet([{ x: 1, y: 2, width: 3, height: 4 }])).toBe("mask:\n  - {rect: {x: 1, y: 2, width: 3, height: 4}}");
  });
});

it.each([
  ["1280x720@2", 2],
  ["390x844@1.5", 1.5],
  ["", 1],
  ["x@0", 1],
])("the scale of %j is %s", (viewport, want) => {
  expect(scaleOf(viewport)).toBe(want);
});
