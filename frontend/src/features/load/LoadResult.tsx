import { Activity } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useClient, useQuery } from "urql";
import { useJson } from "@/auth/useContent";
import { LoadOfDocument, type ResultDetailFragment, RunProgressDocument } from "@/gql/graphql";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Page";
import { Unread } from "@/ui/Unread";
import { Charts } from "./Charts";
import { Comparison } from "./Comparison";
import { Distribution } from "./Distribution";
import { Figures, LiveFigures } from "./Figures";
import { afterPulse, type Live, nothing } from "./pulses";
import { readReport, type Report } from "./report";
import { Thresholds } from "./Thresholds";
import { thresholdsOf } from "./thresholds";
import { useEarlier } from "./useEarlier";

/** How a load did: while it runs by its seconds, afterwards by all that was measured, beside an earlier run. */
export default function LoadResult({ result, runId }: { result: ResultDetailFragment; runId: string }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const earlier = useEarlier(result.id);
  const baseline = chosen === "" ? undefined : (earlier.find((each) => each.resultId === chosen) ?? earlier[0]);
  const [{ data }] = useQuery({ query: LoadOfDocument, variables: { id: baseline?.resultId ?? "" }, pause: !baseline });
  const before = useMemo(() => lastReport(data?.result?.attempts ?? []), [data]);
  const measured = useMemo(() => lastReport(result.attempts), [result.attempts]);
  const live = useLive(runId, result.id, result.status === "RUNNING");

  if (result.status !== "FINISHED") {
    // Limits are known from an earlier run of the very same version alone.
    const limits = baseline?.sameVersion && before ? before.thresholds : [];
    return (
      <section aria-label="Load, live" className="grid gap-3">
        <LiveFigures live={live} />
        <Charts rows={live.rows} thresholds={limits} before={null} waiting={result.status === "RUNNING" ? "The first second is not over yet." : "The load has not begun."} live />
      </section>
    );
  }
  if (!measured) {
    return (
      <EmptyState icon={Activity} title="Nothing was measured">
        The load ended before anything was sent. What it says of that stands below; mend it, and start the run again.
      </EmptyState>
    );
  }
  const file = result.artifacts.find((a) => a.name === "load.json" && a.attempt === measured.attempt && !a.error);
  return (
    <Measured
      report={measured.report}
      thresholds={measured.thresholds}
      file={file?.url ?? null}
      before={before?.report ?? null}
      comparison={
        <Comparison now={measured.report} before={before?.report ?? null} earlier={earlier} baseline={baseline ?? null} onChoose={setChosen} />
      }
    />
  );
}

interface MeasuredProps {
  report: Report;
  thresholds: ReturnType<typeof thresholdsOf>;
  file: string | null;
  before: Report | null;
  comparison: React.ReactNode;
}

function Measured({ report, thresholds, file, before, comparison }: MeasuredProps) {
  const { value, trouble, again } = useJson(file);
  // The detail has two rows a minute of a long load, the file has all.
  const whole = useMemo(() => readReport(value), [value]);
  const rows = whole && whole.rows.length > report.rows.length ? whole.rows : report.rows;
  return (
    <section aria-label="Load" className="grid gap-3">
      <Figures report={report} />
      <div className="grid items-start gap-3 xl:grid-cols-[minmax(0,2fr)_minmax(18rem,1fr)]">
        <Charts rows={rows} thresholds={thresholds} before={before} waiting="A k6 script tells its sums, and no seconds." />
        <div className="grid min-w-0 gap-3">
          <Thresholds thresholds={thresholds} />
          {comparison}
          {trouble ? (
            <Panel title="Distribution of latency">
              <Unread what="The report of the load" away={trouble === "away"} onRetry={again} className="h-44" />
            </Panel>
          ) : (
            <Distribution histograms={whole?.histograms ?? null} missing={file === null || (value !== null && whole === null)} />
          )}
        </div>
      </div>
    </section>
  );
}

interface Told {
  number: number;
  steps: { action: string; detail?: unknown; checks: Parameters<typeof thresholdsOf>[0] }[];
}

function lastReport(attempts: Told[]): { report: Report; thresholds: ReturnType<typeof thresholdsOf>; attempt: number } | null {
  for (const { steps, number } of attempts.toReversed()) {
    const judged = steps.filter(({ action }) => action === "thresholds").flatMap(({ checks }) => checks);
    for (const { detail } of steps) {
      const report = readReport(detail);
      if (report) return { report, thresholds: thresholdsOf(judged), attempt: number };
    }
  }
  return null;
}

/** The seconds of a load under way, from when somebody began to look. */
function useLive(runId: string, resultId: string, running: boolean): Live {
  const client = useClient();
  const [live, setLive] = useState(nothing);
  useEffect(() => {
    if (!running) return;
    const following = client.subscription(RunProgressDocument, { runId }).subscribe(({ data }) => {
      const own = data?.runProgress.running.find((each) => each.resultId === resultId);
      const pulse = own?.load;
      if (own && pulse) setLive((known) => afterPulse(known, pulse, own.attempt));
    });
    return () => following.unsubscribe();
  }, [client, runId, resultId, running]);
  return live;
}
