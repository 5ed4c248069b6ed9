import { describe, expect, it } from "vitest";
import { barsOf } from "./buckets";
import { decodeHistogram } from "./hdr";

// Written by the load generator's own library: 1 (3 times), 500, 777 (300 times), 2047, 2048, 2049, 100,000 and 12,345,678.
const written = "HISTFAAAADp42pJpmSzMwMAAwowMDAzMDBAAYjNcm7yEwf4DVITtMTvTcpYbLC+FmVg2RjD15zMBAgAA///g/goh";

describe("decodeHistogram", () => {
  it("reads what HdrHistogram wrote, each bin by its middle", async () => {
    expect(await decodeHistogram(written)).toEqual([
      { value: 1, count: 3 },
      { value: 500, count: 1 },
      { value: 777, count: 300 },
      { value: 2047, count: 1 },
      { value: 2049, count: 2 },
      { value: 100_000, count: 1 },
      { value: 12_349_440, count: 1 },
    ]);
  });

  it.each([["nothing", ""], ["other bytes", btoa("what is this, a histogram?")], ["half of one", written.slice(0, 40)], ["no base64", "%%%"]])("refuses %s", async (_name, data) => {
    await expect(decodeHistogram(data)).rejects.toThrow();
  });
});

describe("barsOf", () => {
  const shown = (...values: [us: number, count: number][]) => barsOf(values.map(([value, count]) => ({ value, count }))).map(({ from, to, count }) => [from, to, count]);

  it.each([
    [0, [0, 0.1]],
    [99, [0, 0.1]],
    [100, [0.1, 0.15]],
    [1000, [1, 1.5]],
    [1499, [1, 1.5]],
    [1500, [1.5, 2]],
    [9999, [7, 10]],
    [10_000, [10, 15]],
    [2_500_000, [2000, 3000]],
    [1_000_000, [1000, 1500]],
  ])("%s µs is in its bar", (us, [from, to]) => {
    expect(shown([us, 1])).toEqual([[from, to, 1]]);
  });

  it("has every bar between the first and the last, and shares that add up", () => {
    const bars = barsOf([{ value: 1000, count: 3 }, { value: 5000, count: 1 }]);
    expect(bars.map(({ from, count }) => [from, count])).toEqual([[1, 3], [1.5, 0], [2, 0], [3, 0], [5, 1]]);
    expect(bars.map(({ share }) => share).reduce((a, b) => a + b)).toBe(1);
    expect(bars.map(({ below }) => below)).toEqual([0.75, 0.75, 0.75, 0.75, 1]);
  });

  it("is empty without a value", () => {
    expect(barsOf([])).toEqual([]);
  });
});
