import { expect, it } from "vitest";
import { formatBytes, formatDuration, formatRelative } from "./duration";

it.each([
  [0, "0 ms"],
  [0.4, "< 1 ms"],
  [999.4, "999 ms"],
  [1000, "1.0 s"],
  [9949, "9.9 s"],
  [9960, "10 s"],
  [59_949, "60 s"],
  [59_960, "1 min 0 s"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h 0 min"],
  [9_300_000, "2 h 35 min"],
])("%s ms is %s", (ms, want) => {
  expect(formatDuration(ms)).toBe(want);
});

it.each([
  [-2000, "just now"],
  [-30_000, "30 sec. ago"],
  [-119_000, "1 min. ago"],
  [7_300_000, "in 2 hr."],
  [-86_400_000, "yesterday"],
])("%s ms from now is %s", (ms, want) => {
  expect(formatRelative(1e12 + ms, 1e12)).toBe(want);
});

it.each([
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [3 * 1024 * 1024, "3.0 MiB"],
])("%s bytes are %s", (size, want) => {
  expect(formatBytes(size)).toBe(want);
});
