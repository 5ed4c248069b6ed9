import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatDuration } from "@/ui/duration";
import { useTheme } from "@/ui/theme";
import type { TrendPoint } from "./stats";

interface Props {
  points: TrendPoint[];
  onOpen: (runId: string) => void;
}

const height = 208;

/** Pass rate and duration of the newest runs over time. A click opens the run. */
export default function TrendChart({ points, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const { resolved } = useTheme();
  const open = useRef(onOpen);
  useEffect(() => {
    open.current = onOpen;
  });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const style = getComputedStyle(element);
    // Canvas knows no light-dark(): the element's own colours are resolved.
    const [accent, line, faint, running] = ["--accent", "--line", "--faint", "--running"].map((name) => resolve(element, name));
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke: faint ?? "", font, ticks: { show: false }, grid: { stroke: line ?? "", width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [10, 8, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
        scales: { x: { range: (_u, min, max) => around(min, max) }, rate: { range: [0, 100] }, time: { range: (_u, _min, max) => [0, Math.max(max * 1.1, 1)] } },
        axes: [
          { ...axis, size: 28, space: 72, grid: { show: false }, values: (_u, ticks, _axis, _space, seconds) => ticks.map((at) => whenOf(at, seconds)) },
          { ...axis, scale: "rate", size: 48, values: (_u, ticks) => ticks.map((v) => `${v} %`) },
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- right; its enum is for types only
          { ...axis, scale: "time", side: 1, size: 64, grid: { show: false }, values: (_u, ticks) => ticks.map(formatDuration) },
        ],
        series: [
          {},
          { label: "Pass rate", scale: "rate", stroke: accent ?? "", width: 2, points: { size: 5, fill: accent ?? "" } },
          { label: "Duration", scale: "time", stroke: running ?? "", width: 1.5, dash: [4, 4], points: { show: false } },
        ],
      },
      [points.map((p) => p.at), points.map((p) => p.passRate), points.map((p) => p.durationMs)],
      element,
    );
    const clicked = () => {
      const point = points[plot.cursor.idx ?? -1];
      if (point) open.current(point.id);
    };
    plot.over.addEventListener("click", clicked);
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [points, resolved]);
  return <div ref={frame} style={{ height }} className="cursor-pointer" />;
}

const narrowest = 15 * 60; // seconds

/** A span of time that is wide enough for ticks of whole minutes. */
function around(min: number, max: number): [number, number] {
  const missing = Math.max(narrowest - (max - min), 0) / 2;
  return [min - missing, max + missing];
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** A tick in words: the day where ticks are days apart or a day begins, and the time of the day otherwise. */
function whenOf(at: number, seconds: number): string {
  const date = new Date(at * 1000);
  return seconds >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0) ? day.format(date) : time.format(date);
}

function resolve(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
