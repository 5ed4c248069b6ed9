import { describe, expect, it } from "vitest";
import { differs, kappaWord, labelsOf, nextToLabel, pips, placeOn } from "./labels";

const item = (criterion: "UI" | "FUNCTIONALITY", id: string) => ({ criterion, id });
const label = (criterion: "UI" | "FUNCTIONALITY", id: string) => ({ criterion, item: id });

it("tells items of one name in two checklists apart", () => {
  const labels = [label("UI", "steady"), label("FUNCTIONALITY", "steady")];
  expect(labelsOf(labels, item("UI", "steady"))).toEqual([labels[0]]);
});

describe("the next item to label", () => {
  const items = [item("UI", "a"), item("UI", "b"), item("UI", "c"), item("UI", "d")];
  it.each([
    ["is the one after", 0, ["a"], 1],
    ["is not one that has a label", 0, ["a", "b", "c"], 3],
    ["is found round the end", 3, ["b", "d"], 0],
    ["is the one after where all have one", 1, ["a", "b", "c", "d"], 2],
    ["stays at the end then", 3, ["a", "b", "c", "d"], 3],
  ])("%s", (_name, at, own, want) => {
    expect(nextToLabel(items, own.map((id) => label("UI", id)), at)).toBe(want);
  });
});

describe("the marks of votes", () => {
  it("are as many as were asked for", () => {
    const { marks, told } = pips({ pass: 2, fail: 1, unclear: 0, dropped: 1 }, 5);
    expect(marks).toEqual(["PASS", "PASS", "FAIL", "dropped", "missing"]);
    expect(told).toBe("2 pass, 1 fail, 1 without evidence, 1 did not come in");
  });
});

it.each([
  ["PASS", "FAIL", true],
  ["FAIL", "FAIL", false],
  ["UNCLEAR", "FAIL", false],
  ["PASS", "UNDECIDED", false],
] as const)("%s and %s differ: %s", (a, b, want) => {
  expect(differs({ label: a, said: b })).toBe(want);
});

it.each([
  [0, [-1, 1], 50],
  [0.25, [0, 1], 25],
  [-3, [-1, 1], 0],
  [2, [0, 1], 100],
] as const)("%s on %j is at %s %%", (value, line, want) => {
  expect(placeOn(value, line)).toBe(want);
});

it.each([
  [-0.1, "less than by chance"],
  [-1e-17, "slight"],
  [0, "slight"],
  [0.59, "moderate"],
  [0.6, "substantial"],
  [1, "almost perfect"],
])("a κ of %s is %s", (kappa, want) => {
  expect(kappaWord(kappa)).toBe(want);
});
