import { lazy, Suspense, useMemo } from "react";
import { readAudit } from "@/features/accessibility/findings";
import { readMeasured } from "@/features/vitals/vitals";
import type { ResultDetailFragment } from "@/gql/graphql";
import { Skeleton } from "@/ui/Skeleton";

const Load = lazy(() => import("@/features/load/LoadResult"));
const Audits = lazy(() => import("@/features/accessibility/AuditResult"));
const Vitals = lazy(() => import("@/features/vitals/VitalsResult"));

/** What a result measured, in the view of its kind; nothing where its steps tell all. */
export function Measured({ result, runId }: { result: ResultDetailFragment; runId: string }) {
  const kinds = useMemo(() => kindsOf(result), [result]);
  if (!kinds.load && !kinds.audits && !kinds.vitals) return null;
  return (
    <div className="mb-5 grid gap-3">
      {/* A load fills a screen: what follows it must not be seen to move away. */}
      <Suspense fallback={<Skeleton className={kinds.load ? "h-dvh w-full" : "h-[36rem] w-full"} />}>
        {kinds.load ? <Load result={result} runId={runId} /> : null}
        {kinds.vitals ? <Vitals result={result} /> : null}
        {kinds.audits ? <Audits result={result} /> : null}
      </Suspense>
    </div>
  );
}

function kindsOf({ kind, attempts }: ResultDetailFragment) {
  const details = attempts.flatMap((attempt) => attempt.steps.map((step) => step.detail));
  return { load: kind === "LOAD", audits: details.some((d) => readAudit(d) !== null), vitals: details.some((d) => readMeasured(d) !== null) };
}
