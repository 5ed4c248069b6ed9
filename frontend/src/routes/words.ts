import type { Outcome, RunStatus } from "@/gql/graphql";

// The words that addresses may use, apart from the pages, which are loaded later.

export const runStatuses: readonly RunStatus[] = ["QUEUED", "RUNNING", "PAUSED", "PASSED", "FAILED", "ERRORED", "CANCELLED"];

export type CaseState = Outcome | "RUNNING" | "WAITING";

export const caseStates: readonly CaseState[] = [
  "PASSED", "FAILED", "FLAKY", "TIMED_OUT", "ERRORED", "SKIPPED", "CANCELLED", "RUNNING", "WAITING",
];

export const planTabs = ["editor", "versions", "runs", "schedules"] as const;
export type PlanTab = (typeof planTabs)[number];

export interface PlansSearch {
  q?: string | undefined;
  after?: string | undefined;
}

export interface PlanSearch {
  tab?: PlanTab | undefined;
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
  view?: "log" | undefined;
}
