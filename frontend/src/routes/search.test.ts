import { expect, it } from "vitest";
import { count, oneOf, someOf, text } from "./search";

const words = ["a", "b"] as const;

it.each([
  [["a", "x"], ["a"]],
  ["b", ["b"]],
  [["x"], undefined],
  [undefined, undefined],
  [{ a: 1 }, undefined],
  [["b", "a", "a"], ["a", "b"]],
])("someOf(%j) is %j", (value, want) => {
  expect(someOf(words, value)).toEqual(want);
});

it.each([
  ["a", "a"],
  ["x", undefined],
  [["a"], undefined],
])("oneOf(%j) is %j", (value, want) => {
  expect(oneOf(words, value)).toBe(want);
});

it.each([
  ["mug", "mug"],
  [42, "42"],
  ["", undefined],
  [null, undefined],
  ["x".repeat(501), undefined],
])("text(%j) is %j", (value, want) => {
  expect(text(value)).toBe(want);
});

it.each([
  [0, 0],
  [3, 3],
  [-1, undefined],
  [1.5, undefined],
  ["3", undefined],
])("count(%j) is %j", (value, want) => {
  expect(count(value)).toBe(want);
});
