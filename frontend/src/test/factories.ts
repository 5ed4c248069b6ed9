import type { CaseRowFragment, RunEventsSubscription, RunProgressSubscription } from "@/gql/graphql";

// Things as the server gives them, with what a test is about put in place.

export function aCase(part: Partial<CaseRowFragment> = {}): CaseRowFragment {
  return {
    id: "res_1", ordinal: 0, caseKey: "case", title: "A case", kind: "API", tags: null, status: "QUEUED", outcome: null, error: "",
    startedAt: null, durationMs: 0, ...part,
  };
}

export function anEvent(part: Partial<RunEventsSubscription["runEvents"]> = {}): RunEventsSubscription["runEvents"] {
  return {
    seq: 1, type: "CASE_STARTED", at: "2026-01-01T00:00:00Z", status: "RUNNING", resultId: "res_1", caseKey: "case", title: "A case",
    attempt: null, outcome: null, error: null, durationMs: null, workerId: null, ...part,
  };
}

type Running = RunProgressSubscription["runProgress"]["running"][number];

export function aProgress(part: Partial<Running> = {}): Running {
  return {
    resultId: "res_1", caseKey: "case", title: "A case", attempt: 1, step: null, steps: null, stepName: null,
    startedAt: "2026-01-01T00:00:00Z", load: null, ...part,
  };
}
