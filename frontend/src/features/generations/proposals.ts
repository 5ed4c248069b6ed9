import type { GeneratedCaseDetailFragment, GeneratedCaseState, GenerationProgressSubscription } from "@/gql/graphql";

export type GeneratedCase = GeneratedCaseDetailFragment;
type Event = GenerationProgressSubscription["generationProgress"];

/** Whether a person may still decide on it. */
export function isOpen({ state }: Pick<GeneratedCase, "state">): boolean {
  return state === "PROPOSED" || state === "SUSPECTED_DEFECT";
}

export const stateOrder: GeneratedCaseState[] = ["PROPOSED", "SUSPECTED_DEFECT", "ACCEPTED", "REJECTED"];

/** What is to be decided first, then what is done; within a state in the order of the server, which has the most telling first. */
export function inOrder<Case extends Pick<GeneratedCase, "state">>(cases: Case[]): Case[] {
  return stateOrder.flatMap((state) => cases.filter((c) => c.state === state));
}

/** The case to look at after one has been decided on: the next open one, round the end. Nothing when none is. */
export function nextOpen(cases: Pick<GeneratedCase, "id" | "state">[], from: string, decided: ReadonlySet<string>): string | undefined {
  const at = cases.findIndex(({ id }) => id === from);
  const turned = [...cases.slice(at + 1), ...cases.slice(0, at + 1)];
  return turned.find((c) => isOpen(c) && !decided.has(c.id))?.id;
}

/** Why a case is not proposed: what its checks and people say against it. */
export function whyNot({ state, checks, reviewReason, reviewedByName }: Pick<GeneratedCase, "state" | "checks" | "reviewReason" | "reviewedByName">): string {
  if (state === "REJECTED" && (reviewReason || reviewedByName)) return reviewReason || `${reviewedByName} has turned it down`;
  return checks.filter(({ name, outcome }) => outcome === "FAILED" && name !== "approved").map(({ name, reason }) => reason || name.replaceAll("_", " ")).join("; ");
}

/** Where a generation stands, as far as its events tell. */
export interface Progress {
  seq: number;
  stage: Event["stage"] | null;
  tried: number;
  candidates: number;
  proposed: number;
  /** What was judged, the newest first. */
  judged: { seq: number; caseId: string; state: GeneratedCaseState }[];
}

export const unknownProgress: Progress = { seq: 0, stage: null, tried: 0, candidates: 0, proposed: 0, judged: [] };

const told = 8;

/** Adds an event; one that was seen already, as after a lost connection, changes nothing. */
export function advance(progress: Progress, event: Event): Progress {
  if (event.seq <= progress.seq) return progress;
  const { seq, stage, tried, candidates, proposed, caseId, state } = event;
  const judged = state ? [{ seq, caseId, state }, ...progress.judged].slice(0, told) : progress.judged;
  return { seq, stage, tried, candidates, proposed, judged };
}
