import type { Vital } from "./vitals";

export interface Zone {
  rating: "good" | "fair" | "poor";
  /** In percent of the width. */
  from: number;
  to: number;
}

export interface Scale {
  /** Where a value lies, in percent of the width. */
  place: (value: number) => number;
  zones: Zone[];
}

/**
 * The line on which the runs of a metric lie: from 0 to beyond the good band,
 * and as far into the others as anything that has to be shown. A page that is
 * far better than asked is therefore not a point in the corner, and one that is
 * far worse is still on the line.
 */
export function scaleOf({ bands, max }: Pick<Vital, "bands" | "max">, limits: number[]): Scale {
  const highest = Math.max(max, ...limits, 0);
  const end = bands ? Math.max(bands.good * 1.3, highest > bands.good ? Math.max(bands.fair * 1.15, highest * 1.08) : 0, highest * 1.08) : Math.max(highest * 1.15, Number.MIN_VALUE);
  const place = (value: number) => Math.min(Math.max((value / end) * 100, 0), 100);
  if (!bands) return { place, zones: [] };
  const zones: Zone[] = [
    { rating: "good", from: 0, to: place(bands.good) },
    { rating: "fair", from: place(bands.good), to: place(bands.fair) },
    { rating: "poor", from: place(bands.fair), to: 100 },
  ];
  return { place, zones: zones.filter(({ from, to }) => to > from) };
}

/** Dots that would cover each other stand above each other: the row of each value, from 0. */
export function rowsOf(places: number[], width = 1.6, rows = 3): number[] {
  const ends = new Array<number>(rows).fill(-Infinity);
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place);
  const out = new Array<number>(places.length).fill(0);
  for (const { place, i } of order) {
    let row = ends.findIndex((end) => place - end >= width);
    if (row < 0) row = ends.indexOf(Math.min(...ends));
    ends[row] = place;
    out[i] = row;
  }
  return out;
}
