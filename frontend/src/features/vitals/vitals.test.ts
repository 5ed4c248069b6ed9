import { describe, expect, it } from "vitest";
import { limitsOf } from "./limits";
import { rowsOf, scaleOf } from "./scale";
import { formatVital, readMeasured, readRuns } from "./vitals";

const bands = { good: 2500, fair: 4000 };

describe("scaleOf", () => {
  it("shows the end of the good band for a page that is far better", () => {
    const { place, zones } = scaleOf({ bands, max: 300 }, []);
    expect(zones.map((zone) => zone.rating)).toEqual(["good", "fair"]);
    expect(place(2500)).toBeCloseTo(100 / 1.3);
    expect(place(300)).toBeLessThan(15);
  });

  it("reaches into poor as far as the worst run and every limit", () => {
    const { place, zones } = scaleOf({ bands, max: 6000 }, [9000]);
    expect(zones.map((zone) => zone.rating)).toEqual(["good", "fair", "poor"]);
    expect(zones.at(-1)?.to).toBe(100);
    expect(place(9000)).toBeLessThan(100);
  });

  it("has zones that touch and never overlap", () => {
    for (const max of [1, 2600, 4100, 50_000]) {
      const { zones } = scaleOf({ bands, max }, []);
      zones.forEach((zone, i) => expect(zone.from).toBe(i === 0 ? 0 : zones[i - 1]?.to));
    }
  });

  it("has no zones without bands, and places a value of 0", () => {
    const { place, zones } = scaleOf({ bands: null, max: 0 }, []);
    expect([zones, place(0)]).toEqual([[], 0]);
  });
});

describe("rowsOf", () => {
  it.each([
    ["far apart", [10, 20, 30], [0, 0, 0]],
    ["the same place", [10, 10, 10], [0, 1, 2]],
    ["more than there are rows", [10, 10, 10, 10], [0, 1, 2, 0]],
    ["in any order", [30, 10, 10.5], [0, 0, 1]],
  ])("of dots %s", (_name, places, want) => {
    expect(rowsOf(places)).toEqual(want);
  });
});

describe("limitsOf", () => {
  const check = (name: string, actual = "") => ({ name, actual, passed: true, expected: "", message: "" });

  it("tells thresholds of metrics from the budget and from other checks", () => {
    const { limits, budget } = limitsOf([
      check("LCP median<2500", "1,200 ms, not certain: the noise band of 1 ms to 3,000 ms reaches over the limit"),
      check("INP p(75)<200"), check("CLS max<=0.25"), check("budget script<=300KB", "212 kB"), check("page opens"),
    ]);
    expect(limits.map(({ metric, text, value, unsure }) => [metric, text, value, unsure])).toEqual([
      ["LCP", "median<2500", 2500, true], ["INP", "p(75)<200", 200, false], ["CLS", "max<=0.25", 0.25, false],
    ]);
    expect(budget.map(({ of, actual }) => [of, actual])).toEqual([["script", "212 kB"]]);
  });
});

describe("readMeasured", () => {
  it("reads what a step tells", () => {
    const measured = readMeasured({
      performance: {
        engine: "web-vitals 6.2.3", device: "mobile", runs: 3, requests: 4, bytes: 1000, resources: [{ type: "script", requests: 1, bytes: 900 }],
        metrics: [{ name: "LCP", unit: "ms", samples: 3, median: 1000, min: 900, max: 1200, rating: "good", good: 2500, fair: 4000, noise: { low: 900, high: 1200 } }, { name: "INP", unit: "ms", samples: 0 }],
        filmstrip: { file: "filmstrip.jpg", run: 2, at: [0, 100] },
      },
    });
    expect(measured?.vitals).toMatchObject([{ name: "LCP", rating: "good", bands, noise: { low: 900, high: 1200 } }, { name: "INP", samples: 0, bands: null, rating: "" }]);
    expect(measured?.filmstrip).toEqual({ file: "filmstrip.jpg", run: 2, at: [0, 100] });
  });

  it.each([null, {}, { performance: 1 }, { performance: { metrics: {} } }])("is null for %j", (value) => {
    expect(readMeasured(value)).toBeNull();
  });
});

describe("readRuns", () => {
  it("has the values, and the element that explains one", () => {
    const runs = readRuns({ all: [{ run: 1, metrics: { LCP: { value: 900, attribution: { target: "main>h1" } }, CLS: { value: 0 }, INP: { value: "x" } } }, "broken"] });
    expect(runs).toEqual([{ number: 1, values: { LCP: 900, CLS: 0 }, elements: { LCP: "main>h1" } }]);
  });
});

it.each([[1240.4, "ms", "1,240 ms"], [0.0421, "", "0.0421"], [0.25, "", "0.25"], [0, "", "0"]])("%s %s is %s", (value, unit, want) => {
  expect(formatVital(value, unit)).toBe(want);
});
