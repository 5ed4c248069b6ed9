import { Ban, CircleCheck, CircleSlash, CircleX, Hourglass, LoaderCircle, type LucideIcon, OctagonAlert, Sparkles } from "lucide-react";
import type { CaseCheckOutcome, GeneratedCaseState, GenerationSource, GenerationStage, GenerationStatus } from "@/gql/graphql";

interface Looks {
  word: string;
  text: string;
  icon: LucideIcon;
}

export const statuses: Record<GenerationStatus, Looks> = {
  QUEUED: { word: "Queued", text: "text-idle", icon: Hourglass },
  RUNNING: { word: "Running", text: "text-running", icon: LoaderCircle },
  COMPLETED: { word: "Completed", text: "text-passed", icon: CircleCheck },
  FAILED: { word: "Failed", text: "text-failed", icon: CircleX },
  CANCELLED: { word: "Stopped", text: "text-idle", icon: Ban },
};

export const states: Record<GeneratedCaseState, Looks & { many: string }> = {
  PROPOSED: { word: "Proposed", many: "Proposed", text: "text-running", icon: Sparkles },
  SUSPECTED_DEFECT: { word: "Suspected defect", many: "Suspected defects", text: "text-timed-out", icon: OctagonAlert },
  ACCEPTED: { word: "Approved", many: "Approved", text: "text-passed", icon: CircleCheck },
  REJECTED: { word: "Rejected", many: "Rejected", text: "text-failed", icon: CircleX },
};

export const outcomes: Record<CaseCheckOutcome, Looks> = {
  PASSED: { word: "Holds", text: "text-passed", icon: CircleCheck },
  FAILED: { word: "Does not hold", text: "text-failed", icon: CircleX },
  SKIPPED: { word: "Was not made", text: "text-idle", icon: CircleSlash },
};

export const sources: Record<GenerationSource, string> = { OPENAPI: "an OpenAPI document", CRAWL: "the pages of the target", REQUIREMENTS: "requirements" };

export const stages: { stage: GenerationStage; word: string }[] = [
  { stage: "QUEUED", word: "Waits for a worker" },
  { stage: "READING", word: "Reads the source" },
  { stage: "GENERATING", word: "Makes cases" },
  { stage: "CHECKING", word: "Tries them out" },
  { stage: "FINISHED", word: "Over" },
];

const checks: Record<string, string> = {
  schema_valid: "It is a case of the plan language",
  allowed_hosts: "It asks the target alone",
  allowed_actions: "It does only what it may",
  no_secrets: "It holds no secret",
  cites_source: "What it stands on is in the source, word for word",
  references_resolve: "Its files are there",
  not_a_duplicate: "No other case does the same",
  adds_coverage: "It looks at something new",
  export_compiles: "What it is exported to can be read",
  dry_run: "It passes",
  steady: "It ends alike five times",
  notices_faults: "It fails when the target breaks",
  approved: "A person has approved it",
};

/** What a check asks, for people; its name where it is one of tomorrow. */
export function asks(check: string): string {
  return checks[check] ?? check.replaceAll("_", " ");
}

/** Who made the cases. */
export function makerOf(generator: string): string {
  if (!generator) return "";
  return generator === "RULES" ? "by rules" : `by ${generator}`;
}
