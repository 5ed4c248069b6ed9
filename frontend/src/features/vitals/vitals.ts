import { type JsonObject, listOf, numberOf, objectOf, objectsOf, textOf } from "@/ui/json";

export type Rating = "good" | "needs improvement" | "poor" | "";

export interface Vital {
  name: string;
  /** "ms", or "" for a metric without one. */
  unit: string;
  samples: number;
  median: number;
  min: number;
  max: number;
  rating: Rating;
  /** Where good and where needs improvement end; null for a metric without bands. */
  bands: { good: number; fair: number } | null;
  /** Where the median of endless runs probably lies. */
  noise: { low: number; high: number } | null;
}

export interface Measured {
  engine: string;
  device: string;
  runs: number;
  vitals: Vital[];
  resources: { type: string; requests: number; bytes: number }[];
  requests: number;
  bytes: number;
  filmstrip: { file: string; run: number; at: number[] } | null;
}

/** One run of a page: the value of each metric, and the element that explains it where one does. */
export interface Run {
  number: number;
  values: Record<string, number>;
  elements: Record<string, string>;
}

/** What a performance case measured, from the detail of the step that judged it; null where there is none. */
export function readMeasured(detail: unknown): Measured | null {
  const told = objectOf(objectOf(detail)?.performance);
  if (!told || !Array.isArray(told.metrics)) return null;
  const strip = objectOf(told.filmstrip);
  return {
    engine: textOf(told.engine),
    device: textOf(told.device),
    runs: numberOf(told.runs),
    vitals: objectsOf(told.metrics).map(readVital),
    resources: objectsOf(told.resources).map((r) => ({ type: textOf(r.type), requests: numberOf(r.requests), bytes: numberOf(r.bytes) })),
    requests: numberOf(told.requests),
    bytes: numberOf(told.bytes),
    filmstrip: strip && textOf(strip.file) ? { file: textOf(strip.file), run: numberOf(strip.run), at: listOf(strip.at).map(numberOf) } : null,
  };
}

function readVital(told: JsonObject): Vital {
  const noise = objectOf(told.noise);
  return {
    name: textOf(told.name),
    unit: textOf(told.unit),
    samples: numberOf(told.samples),
    median: numberOf(told.median),
    min: numberOf(told.min),
    max: numberOf(told.max),
    rating: ratings.find((rating) => rating === told.rating) ?? "",
    bands: typeof told.good === "number" && typeof told.fair === "number" ? { good: told.good, fair: told.fair } : null,
    noise: noise ? { low: numberOf(noise.low), high: numberOf(noise.high) } : null,
  };
}

const ratings: Rating[] = ["good", "needs improvement", "poor"];

/** The runs of a performance.json. */
export function readRuns(file: unknown): Run[] {
  return objectsOf(objectOf(file)?.all).map((run) => {
    const values: Run["values"] = {};
    const elements: Run["elements"] = {};
    for (const [name, metric] of Object.entries(objectOf(run.metrics) ?? {})) {
      const read = objectOf(metric);
      if (typeof read?.value !== "number") continue;
      values[name] = read.value;
      const why = objectOf(read.attribution);
      const element = textOf(why?.target) || textOf(why?.element) || textOf(why?.interactionTarget) || textOf(why?.largestShiftTarget);
      if (element) elements[name] = element;
    }
    return { number: numberOf(run.run), values, elements };
  });
}

/** What the short names mean. */
export const meanings: Record<string, string> = {
  LCP: "Largest Contentful Paint: when the largest part of what is seen was there",
  CLS: "Cumulative Layout Shift: how far things moved by themselves",
  INP: "Interaction to Next Paint: how long the page took to answer a person",
  FCP: "First Contentful Paint: when the first thing was there",
  TTFB: "Time to First Byte: when the document began to come",
  TBT: "Total Blocking Time: what tasks took beyond 50 ms",
  SI: "Speed Index: how long the page looked incomplete",
};

/** 1,240 ms, or 0.042 where there is no unit. */
export function formatVital(value: number, unit: string): string {
  if (unit === "") return value.toLocaleString("en", { maximumFractionDigits: value < 0.1 ? 4 : 3 });
  return `${Math.round(value).toLocaleString("en")} ${unit}`;
}
