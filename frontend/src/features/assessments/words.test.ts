import { expect, it } from "vitest";
import { belief, dollars, judgeOf, placeOf, points } from "./words";

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
  [{ kind: "CHECK", id: "res_1", attempt: 2, step: 0 }, { page: "result", id: "res_1", attempt: 2, step: 0 }],
  [{ kind: "RESULT", id: "res_1", attempt: 0, step: null }, { page: "result", id: "res_1" }],
  [{ kind: "COMPARISON", id: "cmp_1" }, { page: "comparison", id: "cmp_1" }],
  [{ kind: "METRIC", id: "", caseKey: "" }, null],
  [{ kind: "ARTIFACT", id: "art_1", caseKey: "ui.home" }, { page: "cases", key: "ui.home" }],
  [{ kind: "ARTIFACT", id: "art_1" }, null],
])("%j is found at %j", (evidence, want) => {
  expect(placeOf(evidence)).toEqual(want);
});

it.each([
  [0, "$0"],
  [0.000123, "$0.00012"],
  [0.0149, "$0.01"],
  [2.5, "$2.50"],
])("%s dollars are %s", (cost, want) => {
  expect(dollars(cost)).toBe(want);
});

it.each([
  [{ judge: "RULES", model: "", votes: 1 }, "Rules"],
  [{ judge: "LLM", model: "", votes: 3 }, "A language model, 3 votes"],
  [{ judge: "LLM", model: "m-1", votes: 1 }, "m-1, 1 vote"],
] as const)("%j is told as %s", (assessment, want) => {
  expect(judgeOf(assessment)).toBe(want);
});
