import type { AssessmentCriterion, AssessmentDetailFragment, AssessmentStatus, IssueSeverity, Verdict } from "@/gql/graphql";

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

/** Where evidence can be looked at; null where it is told in its words alone. */
export function placeOf({ kind, id }: { kind: string; id: string }): { page: "result" | "comparison"; id: string } | null {
  if (!id) return null;
  if (kind === "COMPARISON") return { page: "comparison", id };
  return kind === "ARTIFACT" ? null : { page: "result", id };
}
