import { useEffect, useLayoutEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "@/ui/theme";
import { formatSecond } from "./words";

/** A colour of the page, by the name of its variable. */
type Colour = "--accent" | "--running" | "--flaky" | "--failed" | "--passed" | "--errored" | "--timed-out" | "--faint";

export interface Line {
  label: string;
  values: (number | null)[];
  colour: Colour;
  /** On the axis at the right. */
  right?: boolean;
  dashed?: boolean;
  /** Fills down to the line with this label, or to 0. */
  fillTo?: string;
}

export interface Limit {
  value: number;
  label: string;
  passed: boolean;
}

interface Props {
  /** What it shows, for those who cannot see it. */
  label: string;
  /** Seconds since the load began. */
  at: number[];
  lines: Line[];
  limits?: Limit[];
  format: (value: number) => string;
  formatRight?: (value: number) => string;
  /** The least top of the axis. */
  least?: number;
  leastRight?: number;
}

const height = 200;

/** What a step of the axis of time may be. */
const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/**
 * Lines over the time of a load, which stand under one cursor with those of the
 * other charts. Data that comes while somebody looks is drawn in place.
 */
export default function TimeChart({ label, at, lines, limits = [], format, formatRight = format, least = 0, leastRight = 0 }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { resolved } = useTheme();
  const [shown, setShown] = useState<number | null>(null);
  const shape = JSON.stringify([lines.map((line) => ({ ...line, values: null })), limits, least, leastRight, label]);
  const latest = useRef({ at, lines, limits, format, formatRight, least, leastRight });
  // Before the effect that builds the plot, which reads it.
  useLayoutEffect(() => {
    latest.current = { at, lines, limits, format, formatRight, least, leastRight };
  });

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const drawn = new uPlot(options(element, () => latest.current, setShown), data(latest.current), element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      plot.current = null;
      resized.disconnect();
      drawn.destroy();
    };
  }, [shape, resolved]);
  useEffect(() => {
    plot.current?.setData(data({ at, lines }));
  }, [at, lines]);

  const index = shown !== null && shown < at.length ? shown : null;
  const step = (by: number) => {
    const next = Math.min(Math.max((index ?? (by > 0 ? -1 : at.length)) + by, 0), at.length - 1);
    const moment = at[next];
    if (!plot.current || moment === undefined) return;
    plot.current.setCursor({ left: plot.current.valToPos(moment, "x"), top: 10 });
  };
  return (
    <div className="grid min-w-0 gap-1.5">
      <Legend lines={lines} index={index} second={index === null ? null : (at[index] ?? null)} format={format} formatRight={formatRight} />
      <div
        role="slider"
        tabIndex={0}
        aria-label={`${label}; the arrow keys read it point by point`}
        aria-valuemin={0}
        aria-valuemax={Math.max(at.length - 1, 0)}
        aria-valuenow={index ?? Math.max(at.length - 1, 0)}
        aria-valuetext={describe(lines, index ?? at.length - 1, at, format, formatRight)}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          step(by);
        }}
        className="min-w-0 rounded-md"
      >
        <div ref={frame} style={{ height }} className="min-w-0 overflow-hidden" />
      </div>
    </div>
  );
}

interface LegendProps {
  lines: Line[];
  index: number | null;
  second: number | null;
  format: (value: number) => string;
  formatRight: (value: number) => string;
}

// In its height from the beginning, whatever the cursor is at.
function Legend({ lines, index, second, format, formatRight }: LegendProps) {
  return (
    <p aria-hidden className="flex min-h-5 flex-wrap gap-x-3.5 gap-y-0.5 text-xs text-soft">
      {lines.map(({ label, values, colour, dashed, right }) => {
        const value = values[index ?? values.length - 1] ?? null;
        return (
          <span key={label} className="inline-flex items-center gap-1.5 whitespace-nowrap">
            <span className="w-3.5 border-t-2" style={{ borderColor: `var(${colour})`, borderStyle: dashed ? "dashed" : "solid" }} />
            {label} <b className="min-w-14 font-medium text-text">{value === null ? "–" : (right ? formatRight : format)(value)}</b>
          </span>
        );
      })}
      <span className="ml-auto text-faint">{second === null ? "" : formatSecond(second)}</span>
    </p>
  );
}

function describe(lines: Line[], index: number, at: number[], format: (v: number) => string, formatRight: (v: number) => string): string {
  const second = at[index];
  if (second === undefined) return "nothing yet";
  const values = lines.map(({ label, values: all, right }) => {
    const value = all[index] ?? null;
    return `${label} ${value === null ? "none" : (right ? formatRight : format)(value)}`;
  });
  return `${formatSecond(second)}: ${values.join(", ")}`;
}

function data({ at, lines }: { at: number[]; lines: Line[] }): uPlot.AlignedData {
  return [at, ...lines.map((line) => line.values)];
}

type Latest = Required<Pick<Props, "at" | "lines" | "limits" | "format" | "formatRight" | "least" | "leastRight">>;

function options(element: HTMLElement, latest: () => Latest, onCursor: (index: number | null) => void): uPlot.Options {
  const { lines, limits, least, leastRight } = latest();
  const colour = (name: string, share = 1) => resolve(element, name, share);
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: colour("--faint"), font, ticks: { show: false } };
  const right = lines.some((line) => line.right);
  const top = (max: number | null, atLeast: number, own: Limit[]): [number, number] => {
    const highest = Math.max((max ?? 0) * 1.08, atLeast);
    // A limit far above would press what was measured to the ground.
    const near = own.filter(({ value }) => value <= highest * 3);
    return [0, Math.max(highest, ...near.map(({ value }) => value * 1.1), Number.MIN_VALUE)];
  };
  return {
    width: element.clientWidth,
    height,
    padding: [8, right ? 0 : 20, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "load", scales: ["x", null] }, points: { size: 7 }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: false },
      y: { range: (_u, _min, max) => top(max, least, limits) },
      right: { range: (_u, _min, max) => top(max, leastRight, []) },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, space: 64, incrs: seconds, values: (_u, ticks) => ticks.map(formatSecond) },
      { ...axis, size: 64, grid: { stroke: colour("--line"), width: 1 }, values: (_u, ticks) => ticks.map((v) => tickOf(latest().format(v))) },
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- right; its enum is for types only
      ...(right ? [{ ...axis, scale: "right", side: 1 as const, size: 44, grid: { show: false }, values: (_u: uPlot, ticks: number[]) => ticks.map((v) => tickOf(latest().formatRight(v))) }] : []),
    ],
    bands: lines.flatMap((line, i) => {
      const to = lines.findIndex(({ label }) => label === line.fillTo);
      return to < 0 ? [] : [{ series: [i + 1, to + 1] as [number, number], fill: colour(line.colour, 0.16) }];
    }),
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        scale: line.right ? "right" : "y",
        stroke: colour(line.colour),
        width: line.dashed ? 1.25 : 1.75,
        ...(line.dashed ? { dash: [5, 4] } : {}),
        ...(line.fillTo === "" ? { fill: colour(line.colour, 0.12) } : {}),
        points: { show: latest().at.length < 3, size: 5, fill: colour(line.colour) },
      })),
    ],
    hooks: {
      draw: [(u) => drawLimits(u, limits, font, colour)],
      setCursor: [(u) => onCursor(u.cursor.idx ?? null)],
    },
  };
}

// On an axis 2.50 ms is 2.5 ms, and 10.0 ms is 10 ms.
function tickOf(text: string): string {
  return text.replace(/(\.\d*?)0+(?= )/, "$1").replace(/\.(?= )/, "");
}

// Thresholds lie over the lines, with their words at the left.
function drawLimits(u: uPlot, limits: Limit[], font: string, colour: (name: string) => string) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.textAlign = "left"; // the axes leave it as theirs
  ctx.textBaseline = "alphabetic";
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * devicePixelRatio * 0.92));
  for (const { value, label, passed } of limits) {
    const y = u.valToPos(value, "y", true);
    if (y < bbox.top - 1) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(passed ? "--passed" : "--failed");
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 14 * devicePixelRatio;
    ctx.fillText(label, bbox.left + 4 * devicePixelRatio, above ? y - 4 * devicePixelRatio : y + 13 * devicePixelRatio);
  }
  ctx.restore();
}

// Canvas knows no light-dark(): the element's own colours are resolved.
function resolve(element: HTMLElement, name: string, share: number): string {
  const probe = document.createElement("span");
  probe.style.color = share === 1 ? `var(${name})` : `color-mix(in srgb, var(${name}) ${share * 100}%, transparent)`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
