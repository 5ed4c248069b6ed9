import { useMemo } from "react";
import { useJson } from "@/auth/useContent";
import type { ResultDetailFragment } from "@/gql/graphql";
import { formatBytes } from "@/ui/duration";
import { Panel } from "@/ui/Page";
import { Unread } from "@/ui/Unread";
import { Budget } from "./Budget";
import { Filmstrip } from "./Filmstrip";
import { limitsOf } from "./limits";
import { Runs } from "./Runs";
import { VitalLine } from "./VitalLine";
import { type Measured, readMeasured, readRuns } from "./vitals";

/** The newest attempt of a result that measured a page; null where none did. */
export function measuredOf(result: ResultDetailFragment) {
  for (const attempt of result.attempts.toReversed()) {
    for (const step of attempt.steps) {
      const measured = readMeasured(step.detail);
      if (measured) return { attempt: attempt.number, measured, checks: step.checks };
    }
  }
  return null;
}

/** How a page loaded and answered, over several runs. */
export default function VitalsResult({ result }: { result: ResultDetailFragment }) {
  const found = useMemo(() => measuredOf(result), [result]);
  const file = result.artifacts.find((a) => a.name === "performance.json" && a.attempt === found?.attempt && !a.error);
  const { value, trouble, again } = useJson(file?.url ?? null);
  const runs = useMemo(() => readRuns(value), [value]);
  if (!found) return null;
  const { measured, attempt } = found;
  const { limits, budget } = limitsOf(found.checks);
  const strip = result.artifacts.find((a) => a.name === measured.filmstrip?.file && a.attempt === attempt && !a.error);
  return (
    <section aria-label="Performance of the page" className="grid gap-3">
      <Panel title="Web vitals" actions={<span className="text-xs text-faint">{about(measured)}</span>} flush>
        <ul>
          {measured.vitals.map((vital) => (
            <VitalLine key={vital.name} vital={vital} runs={runs} limits={limits.filter((limit) => limit.metric === vital.name)} />
          ))}
        </ul>
      </Panel>
      <Filmstrip url={strip?.url ?? null} at={measured.filmstrip?.at ?? []} run={measured.filmstrip?.run ?? 0} mobile={measured.device === "mobile"} />
      <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <Budget budget={budget} resources={measured.resources} bytes={measured.bytes} requests={measured.requests} />
        {trouble || (value !== null && runs.length === 0) ? (
          <Unread what="What each run measured" away={trouble === "away"} onRetry={again} className="h-36" />
        ) : file ? (
          <Runs runs={runs} count={measured.runs} vitals={measured.vitals} />
        ) : null}
      </div>
    </section>
  );
}

function about({ runs, device, engine, bytes }: Measured): string {
  return `${runs} ${runs === 1 ? "run" : "runs"}, ${device}, ${formatBytes(bytes)}, ${engine}`;
}
