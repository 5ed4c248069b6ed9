import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import { LiveRunFragmentDoc, type RunProgressSubscription } from "@/gql/graphql";

/**
 * Types without an id of their own: they belong to the object that they are
 * read from. A test holds the list to the schema.
 */
export const embedded = [
  "ApiTokenConnection", "AuditActor", "AuditEntryConnection", "Breaker", "LoadGrant", "MemberConnection", "SecretConnection", "ServiceAccountConnection",
  "WebhookConnection", "WebhookDeliveryConnection", "WebhookTry", "AssessmentIssue", "ComparisonConnection", "CriterionScore", "Evidence", "QualityReport", "Recommendation", "ScoreCap", "ScoreInterval", "ScorePart",
  "Attempt", "Capacity", "CheckResult", "EnvironmentLimit", "GateOutcome", "KindCapacity", "LoadPulse", "LogLine", "Metric",
  "OutcomeCounts", "AssessmentComparison", "AssessmentConnection", "CriterionComparison", "FailureAnalysis", "FailureExample", "FailureGroup", "FailureQuote", "ItemComparison", "JudgeCalibration", "JudgeGate", "JudgePanel", "JudgeRubric", "JudgeVote", "JudgedItem", "PairCriterion", "PairJudgement", "RateInterval", "VoteAnswer", "CaseCheck", "CaseCite", "GenerationConnection", "GenerationProgress", "PageInfo", "PlanCase", "PlanConnection", "PlanEdge", "PlanMistake", "PlanValidation", "PlanVersionConnection", "PlanVersionEdge", "RateLimit",
  "ResultConnection", "ResultEdge", "RunConnection", "RunEdge", "RunEvent", "RunProgress", "RunShard", "RunningCase",
  "ScheduleConnection", "ScheduleEdge", "SignInMethods", "StepResult", "Variable", "Viewer", "ViewerProject", "Waiting",
] as const;

export function normalisedCache() {
  return cacheExchange({
    keys: Object.fromEntries(embedded.map((name) => [name, () => null])),
    updates: {
      Subscription: {
        // Every view of the run goes along with its progress.
        runProgress: (result, _args, cache) => {
          const progress = (result as RunProgressSubscription).runProgress;
          cache.writeFragment(LiveRunFragmentDoc, {
            __typename: "Run",
            id: progress.runId,
            status: progress.status,
            lastSeq: progress.lastSeq,
            outcomeCounts: progress.outcomeCounts,
          } as never);
        },
      },
      Mutation: {
        startRun: (_result, _args, cache) => forget(cache, "runs"),
        createPlan: (_result, _args, cache) => forget(cache, "plans"),
        deletePlan: (_result, _args, cache) => forget(cache, "plans"),
        createSchedule: (_result, args, cache) =>
          cache.invalidate({ __typename: "Plan", id: (args.input as { planId: string }).planId }, "schedules"),
        assessRun: (_result, args, cache) => {
          forget(cache, "assessments", cache.keyOfEntity({ __typename: "Run", id: (args.input as { runId: string }).runId }) ?? undefined);
          forget(cache, "assessments");
        },
        labelAssessment: (_result, args, cache) => {
          cache.invalidate({ __typename: "Assessment", id: (args.input as { assessmentId: string }).assessmentId }, "labels");
          forget(cache, "judgeCalibration");
        },
        generateTestCases: (_result, _args, cache) => forget(cache, "generations"),
        approveGeneratedCases: (_result, _args, cache) => forget(cache, "plans"),
        deleteSchedule: (_result, args, cache) => cache.invalidate({ __typename: "Schedule", id: (args.input as { id: string }).id }),
      },
    },
  });
}

// Whatever it was asked with.
function forget(cache: Cache, field: string, of = "Query") {
  for (const { fieldName, arguments: args } of cache.inspectFields(of)) {
    if (fieldName === field) cache.invalidate(of, fieldName, args);
  }
}
