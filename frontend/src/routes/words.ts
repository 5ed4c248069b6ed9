import type { Outcome, RunStatus } from "@/gql/graphql";

// The words that addresses may use, apart from the pages, which are loaded later.

export const runStatuses: readonly RunStatus[] = ["QUEUED", "RUNNING", "PAUSED", "PASSED", "FAILED", "ERRORED", "CANCELLED"];

export type CaseState = Outcome | "RUNNING" | "WAITING";

export const caseStates: readonly CaseState[] = [
  "PASSED", "FAILED", "FLAKY", "TIMED_OUT", "ERRORED", "SKIPPED", "CANCELLED", "RUNNING", "WAITING",
];

export const planTabs = ["editor", "versions", "runs", "schedules"] as const;
export type PlanTab = (typeof planTabs)[number];

export const runViews = ["log", "failures", "quality", "workers"] as const;

export const reviewModes = ["side", "slider", "overlay", "blink", "diff"] as const;

export interface ReviewSearch {
  c?: string | undefined;
  mode?: (typeof reviewModes)[number] | undefined;
}

export const caseChanges = ["regressed", "fixed", "added", "removed", "slower", "failing", "same"] as const;

export interface CompareSearch {
  /** The run that is compared with. */
  with?: string | undefined;
  change?: (typeof caseChanges)[number][] | undefined;
}

export interface SettingsSearch {
  after?: string | undefined;
  /** Of the audit log. */
  action?: string | undefined;
  /** Whose deliveries are shown. */
  webhook?: string | undefined;
}

export const resultViews = ["steps", "pictures", "network", "console", "artifacts", "logs", "metrics", "history"] as const;

export interface ResultSearch {
  view?: (typeof resultViews)[number] | undefined;
  attempt?: number | undefined;
  /** Ordinal of the step that is looked for. */
  step?: number | undefined;
}

export interface PlansSearch {
  q?: string | undefined;
  after?: string | undefined;
}

export interface PlanSearch {
  tab?: PlanTab | undefined;
  /** Numbers of the versions that are compared. */
  version?: number | undefined;
  against?: number | undefined;
}

export interface RunsSearch {
  status?: RunStatus[] | undefined;
  plan?: string | undefined;
  after?: string | undefined;
}

export interface RunSearch {
  case?: string | undefined;
  q?: string | undefined;
  state?: CaseState[] | undefined;
  order?: "plan" | "failures" | undefined;
  view?: (typeof runViews)[number] | undefined;
}
