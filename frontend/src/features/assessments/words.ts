import type { AssessmentCriterion, AssessmentDetailFragment, AssessmentRowFragment, AssessmentStatus, IssueSeverity, JudgeAnswer, Verdict } from "@/gql/graphql";

export const criteria: Record<AssessmentCriterion, string> = {
  FUNCTIONALITY: "Functionality", UI: "Looks", PERFORMANCE: "Performance", ACCESSIBILITY: "Accessibility",
};

export const verdicts: Record<Verdict, { word: string; text: string; ground: string }> = {
  GOOD: { word: "Good", text: "text-passed", ground: "bg-passed" },
  AVERAGE: { word: "Average", text: "text-flaky", ground: "bg-flaky" },
  POOR: { word: "Poor", text: "text-failed", ground: "bg-failed" },
};

export const severities: Record<IssueSeverity, { word: string; text: string }> = {
  CRITICAL: { word: "Critical", text: "text-failed" },
  SERIOUS: { word: "Serious", text: "text-timed-out" },
  MODERATE: { word: "Moderate", text: "text-flaky" },
  MINOR: { word: "Minor", text: "text-idle" },
};

export const statuses: Record<AssessmentStatus, string> = {
  PENDING: "Is being made", ASSESSED: "Assessed", NOT_ASSESSED: "Not assessed", INCONCLUSIVE: "Inconclusive",
};

export const judges: Record<AssessmentDetailFragment["judge"], string> = { RULES: "by rules", LLM: "by a language model", PERSON: "by a person" };

export const answers: Record<JudgeAnswer, { word: string; text: string; ground: string }> = {
  PASS: { word: "Pass", text: "text-passed", ground: "bg-passed" },
  FAIL: { word: "Fail", text: "text-failed", ground: "bg-failed" },
  UNCLEAR: { word: "Unclear", text: "text-idle", ground: "bg-idle" },
  UNDECIDED: { word: "Undecided", text: "text-flaky", ground: "bg-flaky" },
};

/** Who made an assessment, for lists: "Rules", "stub-1, 3 votes". */
export function judgeOf({ judge, model, votes }: Pick<AssessmentRowFragment, "judge" | "model" | "votes">): string {
  if (judge === "RULES") return "Rules";
  if (judge === "PERSON") return "A person";
  return `${model || "A language model"}, ${votes === 1 ? "1 vote" : `${votes} votes`}`;
}

/** 0.876 is 88; what is nearly 100 but not all is 99. */
export function points(score: number): string {
  const rounded = Math.round(score * 100);
  if (rounded === 100 && score < 1) return "99";
  return String(rounded === 0 && score > 0 ? 1 : rounded);
}

/** How far a share is to be believed, in a word. */
export function belief(confidence: number): string {
  if (confidence >= 0.8) return "high";
  if (confidence >= 0.5) return "fair";
  return confidence > 0 ? "low" : "none";
}

export type Place = { page: "result"; id: string; attempt: number | undefined; step: number | undefined } | { page: "comparison"; id: string } | { page: "cases"; key: string };

/** Where evidence can be looked at; null where it is told in its words alone. */
export function placeOf({ kind, id, caseKey, attempt, step }: { kind: string; id: string; caseKey?: string; attempt?: number; step?: number | null | undefined }): Place | null {
  if (id && kind === "COMPARISON") return { page: "comparison", id };
  if (id && kind !== "ARTIFACT") return { page: "result", id, attempt: attempt || undefined, step: step ?? undefined };
  // An artifact does not say its result, but its case.
  return caseKey ? { page: "cases", key: caseKey } : null;
}

/** A cost in dollars, as many digits as it takes to be none of nothing. */
export function dollars(cost: number): string {
  if (cost === 0) return "$0";
  return `$${cost >= 0.01 ? cost.toFixed(2) : cost.toPrecision(2)}`;
}
