import { describe, expect, it } from "vitest";
import { diffText } from "./diff";

const shown = (expected: string, actual: string) =>
  diffText(expected, actual)
    .map(({ kind, text }) => ({ same: text, expected: `-${text}-`, actual: `+${text}+` })[kind])
    .join("");

describe("diffText", () => {
  it.each([
    ["3 products", "2 products", "-3-+2+ products"],
    ["same", "same", "same"],
    ["", "all new", "+all new+"],
    ["all gone", "", "-all gone-"],
    ['{"a": 1}', '{"a": 1, "b": 2}', '{"a": 1+, "b": 2+}'],
    ["größe", "große", "-größe-+große+"],
  ])("%j and %j", (expected, actual, want) => {
    expect(shown(expected, actual)).toBe(want);
  });

  it("gives both texts back, whatever they are", () => {
    const [a, b] = ["x y z, x y".repeat(20), "y x, z y x".repeat(20)];
    const pieces = diffText(a, b);
    expect(pieces.filter((p) => p.kind !== "actual").map((p) => p.text).join("")).toBe(a);
    expect(pieces.filter((p) => p.kind !== "expected").map((p) => p.text).join("")).toBe(b);
  });

  it("does not compare long texts word by word", () => {
    const long = "a b ".repeat(2000);
    expect(diffText(long, `${long}c`)).toEqual([{ kind: "expected", text: long }, { kind: "actual", text: `${long}c` }]);
  });
});
