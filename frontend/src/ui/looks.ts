import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CirclePause,
  CircleSlash,
  CircleX,
  Hourglass,
  LoaderCircle,
  type LucideIcon,
  Shuffle,
  TriangleAlert,
} from "lucide-react";
import type { CountsFragment, Outcome, ResultStatus, RunStatus } from "@/gql/graphql";

/** Everything that a run, a case or a step can be; each has a word, a colour and a shape of its own. */
export type State = Outcome | RunStatus | ResultStatus;

interface Looks {
  word: string;
  /** A class for the text's colour. */
  text: string;
  /** A class for the ground's colour. */
  ground: string;
  icon: LucideIcon;
}

const waiting: Looks = { word: "Queued", text: "text-idle", ground: "bg-idle", icon: CircleDashed };

export const looks: Record<State, Looks> = {
  PASSED: { word: "Passed", text: "text-passed", ground: "bg-passed", icon: CircleCheck },
  FAILED: { word: "Failed", text: "text-failed", ground: "bg-failed", icon: CircleX },
  FLAKY: { word: "Flaky", text: "text-flaky", ground: "bg-flaky", icon: Shuffle },
  TIMED_OUT: { word: "Timed out", text: "text-timed-out", ground: "bg-timed-out", icon: Hourglass },
  ERRORED: { word: "Errored", text: "text-errored", ground: "bg-errored", icon: TriangleAlert },
  SKIPPED: { word: "Skipped", text: "text-idle", ground: "bg-idle", icon: CircleSlash },
  CANCELLED: { word: "Cancelled", text: "text-idle", ground: "bg-idle", icon: Ban },
  RUNNING: { word: "Running", text: "text-running", ground: "bg-running", icon: LoaderCircle },
  PAUSED: { word: "Paused", text: "text-flaky", ground: "bg-flaky", icon: CirclePause },
  QUEUED: waiting,
  PENDING: { ...waiting, word: "Waiting" },
  FINISHED: { ...waiting, word: "Finished", icon: CircleDot },
};

/** Outcomes in the order in which they matter, with their names in OutcomeCounts. */
export const outcomes: { outcome: Outcome; count: Exclude<keyof CountsFragment, "total" | "finished"> }[] = [
  { outcome: "FAILED", count: "failed" },
  { outcome: "TIMED_OUT", count: "timedOut" },
  { outcome: "ERRORED", count: "errored" },
  { outcome: "FLAKY", count: "flaky" },
  { outcome: "PASSED", count: "passed" },
  { outcome: "SKIPPED", count: "skipped" },
  { outcome: "CANCELLED", count: "cancelled" },
];

const bad = new Set<State>(["FAILED", "TIMED_OUT", "ERRORED"]);

/** Whether somebody has to look at it. */
export function isBad(state: State): boolean {
  return bad.has(state);
}

export const runStatuses: RunStatus[] = ["QUEUED", "RUNNING", "PAUSED", "PASSED", "FAILED", "ERRORED", "CANCELLED"];

/** Whether a run has ended. */
export function isFinal(status: RunStatus): boolean {
  return status !== "QUEUED" && status !== "RUNNING" && status !== "PAUSED";
}
