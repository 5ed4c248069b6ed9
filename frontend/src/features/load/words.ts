import { formatDuration } from "@/ui/duration";

/** 12.4 /s, 1,203 /s. */
export function formatRate(rate: number): string {
  return `${rate.toLocaleString("en", { maximumFractionDigits: rate < 100 ? 1 : 0 })} /s`;
}

/** 0 %, 0.04 %, 12.5 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const digits = percent === 0 || percent >= 99.95 ? 0 : percent < 1 ? 2 : 1;
  return `${percent.toFixed(digits)} %`;
}

/** Latencies are worth their tenths: 0.84 ms, 12.3 ms, 840 ms, 1.24 s. */
export function formatMs(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : formatDuration(ms);
}

/** A moment of a load: 7 s, 1:05, 1:02:05. */
export function formatSecond(second: number): string {
  const whole = Math.round(second);
  if (whole < 60) return `${whole} s`;
  const parts = whole < 3600 ? [Math.floor(whole / 60), whole % 60] : [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** +12 %, −3.4 %. */
export function formatChange(by: number): string {
  const percent = Math.abs(by * 100);
  const digits = percent < 10 && percent >= 0.05 ? 1 : 0;
  return `${by > 0 ? "+" : by < 0 ? "−" : "±"}${percent.toFixed(digits)} %`;
}
