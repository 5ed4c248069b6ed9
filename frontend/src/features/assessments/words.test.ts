import { expect, it } from "vitest";
import { belief, placeOf, points } from "./words";

it.each([
  [1, "100"],
  [0.999, "99"],
  [0.876, "88"],
  [0.001, "1"],
  [0, "0"],
])("%s is %s points", (score, want) => {
  expect(points(score)).toBe(want);
});

it.each([
  [0.8, "high"],
  [0.79, "fair"],
  [0.49, "low"],
  [0, "none"],
])("a confidence of %s is %s", (confidence, want) => {
  expect(belief(confidence)).toBe(want);
});

it.each([
  [{ kind: "CHECK", id: "res_1" }, { page: "result", id: "res_1" }],
  [{ kind: "COMPARISON", id: "cmp_1" }, { page: "comparison", id: "cmp_1" }],
  [{ kind: "METRIC", id: "" }, null],
  [{ kind: "ARTIFACT", id: "art_1" }, null],
])("%j is found at %j", (evidence, want) => {
  expect(placeOf(evidence)).toEqual(want);
});
