import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RunQuality } from "@/features/assessments/RunQuality";
import { ResultPage } from "@/features/results/ResultPage";
import { ResultPanel } from "@/features/results/ResultPanel";
import { RunListPage } from "@/features/runs/RunListPage";
import { RunPage } from "@/features/runs/RunPage";
import { isFinal } from "@/ui/looks";
import { Measured } from "./measured";

const runs = getRouteApi("/runs");
const run = getRouteApi("/runs/$runId");
const result = getRouteApi("/runs/$runId/results/$resultId");

export function Runs() {
  return <RunListPage search={runs.useSearch()} />;
}

export function Run() {
  const { runId } = run.useParams();
  const search = run.useSearch();
  const navigate = useNavigate();
  return (
    <RunPage
      key={runId}
      runId={runId}
      search={search}
      // Filters are no places to go back to; the back button leaves the run.
      onSearch={(change) => void navigate({ to: "/runs/$runId", params: { runId }, search: { ...search, ...change }, replace: true, resetScroll: false })}
      onOpen={(resultId) => void navigate({ to: "/runs/$runId/results/$resultId", params: { runId, resultId } })}
      renderQuality={(found) => <RunQuality runId={runId} ended={isFinal(found.status)} />}
      renderCase={(row) => (
        <ResultPanel
          key={row.id}
          runId={runId}
          resultId={row.id}
          title={row.title}
          caseKey={row.caseKey}
          status={row.status}
          attempt={row.attempt}
          observed={row.observed}
        />
      )}
    />
  );
}

export function Result() {
  const { runId, resultId } = result.useParams();
  const { view, attempt, step } = result.useSearch();
  const navigate = useNavigate();
  return (
    <ResultPage
      key={resultId}
      runId={runId}
      resultId={resultId}
      view={view}
      place={{ attempt, step }}
      renderMeasured={(found) => <Measured result={found} runId={runId} />}
      onView={(next) => void navigate({ to: "/runs/$runId/results/$resultId", params: { runId, resultId }, search: { view: next === "steps" ? undefined : next }, replace: true, resetScroll: false })}
    />
  );
}
